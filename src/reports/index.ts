/**
 * Room `reports`: what people and other programs see of a run. Takes events or a recorded run, gives text; only the
 * progress on a terminal writes by itself.
 */
export {};
