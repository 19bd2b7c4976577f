"""Addresses of supply's pages."""

from django.urls import path

from kaibo.stages.supply import count_views, lot_views, quality_views, return_views, safety_views, views

app_name = "supply"
urlpatterns = [
    path("", views.home, name="home"),
    path("purchases", views.purchases, name="purchases"),
    path("purchases/new", views.new_purchase, name="new-purchase"),
    path("purchases/<uuid:purchase_id>", views.purchase, name="purchase"),
    path("purchases/<uuid:purchase_id>/approve", views.approve, name="approve"),
    path("purchases/<uuid:purchase_id>/cancel", views.cancel, name="cancel"),
    path("purchases/<uuid:purchase_id>/receive", views.receive, name="receive"),
    path("inspections", views.inspections, name="inspections"),
    path("inspections/<uuid:inspection_id>", views.inspection, name="inspection"),
    path("inspections/<uuid:inspection_id>/report", quality_views.add_report, name="add-report"),
    path("checks/<slug:gate>", quality_views.new_check, name="new-check"),
    path("quality", quality_views.policies, name="policies"),
    path("quality/set", quality_views.set_policy, name="set-policy"),
    path("quality/severity", quality_views.decide_severity, name="decide-severity"),
    path("quarantine", quality_views.quarantine, name="quarantine"),
    path("quarantine/<uuid:custody_id>/hand-over", quality_views.hand_over, name="hand-over"),
    path("quarantine/<uuid:custody_id>/settle", quality_views.settle, name="settle-custody"),
    path("returns/<uuid:inspection_id>", return_views.return_check, name="return-check"),
    path("lots/<uuid:lot_id>", views.trace, name="trace"),
    path("lots/<uuid:lot_id>/label", lot_views.label, name="lot-label"),
    path("lots/<uuid:lot_id>/qr.svg", lot_views.code_picture, name="lot-code"),
    path("lots/<uuid:lot_id>/recall", lot_views.start_recall, name="start-recall"),
    path("recalls/<uuid:recall_id>/close", lot_views.close_recall, name="close-recall"),
    path("counts", count_views.counts, name="counts"),
    path("counts/new", count_views.new_count, name="new-count"),
    path("counts/<uuid:count_id>", count_views.count, name="count"),
    path("counts/<uuid:count_id>/write", count_views.write, name="write-count"),
    path("counts/<uuid:count_id>/approve", count_views.approve, name="approve-count"),
    path("counts/<uuid:count_id>/send-back", count_views.send_back, name="send-back-count"),
    path("counts/<uuid:count_id>/sheet", count_views.sheet, name="count-sheet"),
    path("suppliers", views.suppliers, name="suppliers"),
    path("suppliers/add", views.add_supplier, name="add-supplier"),
    path("suppliers/quotes", views.add_quote, name="add-quote"),
    path("safety/<uuid:sku_id>", views.recompute, name="recompute"),
    path("safety/<uuid:sku_id>/backtest", safety_views.backtest_page, name="backtest"),
]
