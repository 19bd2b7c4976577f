"""Addresses of the stage's pages."""

from django.urls import path

from kaibo.stages.orders import channel_stock_views, channel_views, money_views, parcel_views, recall_views, views

app_name = "orders"
urlpatterns = [
    path("", views.order_list, name="list"),
    path("verify", views.verification, name="verification"),
    path("verify/hold", views.hold, name="hold"),
    path("verify/<uuid:finding_id>/accept", views.accept, name="accept"),
    path("verify/<uuid:finding_id>/dismiss", views.dismiss, name="dismiss"),
    path("verify/<uuid:finding_id>/reopen", views.reopen, name="reopen"),
    path("release", views.release, name="release"),
    path("pick", views.picking, name="picking"),
    path("reconcile", money_views.reconciliation, name="reconciliation"),
    path("reconcile/bill", money_views.fetch_bill, name="fetch-bill"),
    path("reconcile/book", money_views.book, name="book-from-bill"),
    path("reconcile/explain", money_views.explain, name="explain-difference"),
    path("refunds/<uuid:refund_id>/done", money_views.refunded, name="refunded"),
    path("refunds/<uuid:refund_id>/again", money_views.refund_again, name="refund-again"),
    path("lots", recall_views.find, name="lots"),
    path("lots/<uuid:lot_id>", recall_views.lot, name="lot"),
    path("lots/<uuid:lot_id>/export", recall_views.export, name="lot-export"),
    path("lots/<uuid:lot_id>/hold", recall_views.hold, name="lot-hold"),
    path("stock", channel_stock_views.items, name="channel-stock"),
    path("stock/now", channel_stock_views.publish_now, name="publish-now"),
    path("stock/<uuid:item_id>", channel_stock_views.allocate, name="allocate"),
    path("channels", channel_views.channels, name="channels"),
    path("channels/<uuid:channel_id>/connect", channel_views.connect, name="connect-channel"),
    path("channels/<uuid:channel_id>/turn", channel_views.turn, name="turn-channel"),
    path("channels/<uuid:channel_id>/compare", channel_views.compare, name="compare-day"),
    path("channels/<uuid:channel_id>/push", channel_views.push, name="push"),
    path("channels/gaps/<uuid:report_id>.csv", channel_views.gaps_file, name="gaps-file"),
    path("<uuid:order_id>", views.order, name="order"),
    path("parcels", parcel_views.parcels, name="parcels"),
    path("parcels/<uuid:dispatch_id>/again", parcel_views.again, name="parcel-again"),
    path("parcels/<uuid:dispatch_id>/drop", parcel_views.drop, name="parcel-drop"),
    path("parcels/<uuid:dispatch_id>/settle", parcel_views.settle, name="parcel-settle"),
    path("parcels/<uuid:dispatch_id>/unasked", parcel_views.unasked, name="parcel-unasked"),
    path("<uuid:order_id>/ship", parcel_views.ship, name="ship"),
    path("<uuid:order_id>/lift", views.lift, name="lift"),
    path("<uuid:order_id>/receiver", views.receiver, name="receiver"),
    path("<uuid:order_id>/unmask", views.unmask, name="unmask"),
    path("<uuid:order_id>/pay", views.pay, name="pay"),
]
