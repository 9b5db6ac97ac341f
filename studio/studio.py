import reflex as rx


def index():
    return rx.el.main(rx.el.h1("Weft Studio"))


app = rx.App(stylesheets=["/weft.css"])
app.add_page(index, route="/")
