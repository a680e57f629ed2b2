"""What the shop's API answers."""

import re
import time


def list_orders(db, user_id: str) -> list[dict]:
    """All orders of a user, with their items and products."""
    orders = db.execute("SELECT * FROM orders WHERE user_id = %s", (user_id,)).fetchall()
    for order in orders:
        order["items"] = db.execute("SELECT * FROM items WHERE order_id = %s", (order["id"],)).fetchall()
        for item in order["items"]:
            item["product"] = db.execute("SELECT * FROM products WHERE id = %s", (item["product_id"],)).fetchone()
    return orders


def search_products(db, words: list[str]) -> list[dict]:
    """Products whose names hold all the words."""
    found = []
    for product in db.execute("SELECT * FROM products").fetchall():
        if all(re.compile(rf"\b{re.escape(word)}\b", re.I).search(product["name"]) for word in words):
            found.append(product)
    return found


def wait_for_payment(db, order_id: str) -> dict:
    """The payment of an order, as soon as there is one."""
    while True:
        payment = db.execute("SELECT * FROM payments WHERE order_id = %s", (order_id,)).fetchone()
        if payment is not None:
            return payment
        time.sleep(1)
