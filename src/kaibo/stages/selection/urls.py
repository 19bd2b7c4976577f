"""Addresses of the stage's pages."""

from django.urls import URLPattern, path

from kaibo.stages.selection import cooperation_views, decision_views, market_views, price_views, views

app_name = "selection"
urlpatterns: list[URLPattern] = [
    path("", views.markets, name="markets"),
    path("markets/new", views.add_market, name="market-new"),
    path("markets/<uuid:market_id>", views.market, name="market"),
    path("markets/<uuid:market_id>/reference", views.set_reference, name="reference"),
    path("markets/<uuid:market_id>/complaints/<slug:theme>", views.complaints, name="complaints"),
    path("markets/<uuid:market_id>/aspects/<str:name>", market_views.aspect, name="aspect"),
    path("board", market_views.board, name="board"),
    path("calendar", market_views.calendar, name="calendar"),
    path("calendar/set", market_views.set_occasion, name="set-occasion"),
    path("audience", market_views.audience, name="audience"),
    path("briefs", market_views.briefs, name="briefs"),
    path("briefs/make", market_views.make_brief, name="make-brief"),
    path("briefs/<uuid:brief_id>", market_views.one_brief, name="brief"),
    path("briefs/<uuid:brief_id>/file.<slug:kind>", market_views.download_brief, name="download-brief"),
    path("candidates", views.candidates, name="candidates"),
    path("candidates/new", views.new_candidate, name="candidate-new"),
    path("candidates/<uuid:candidate_id>", views.candidate, name="candidate"),
    path("candidates/<uuid:candidate_id>/edit", views.edit_candidate, name="candidate-edit"),
    path("candidates/<uuid:candidate_id>/score", views.score, name="score"),
    path("candidates/<uuid:candidate_id>/approve", views.approve, name="approve"),
    path("candidates/<uuid:candidate_id>/reject", views.reject, name="reject"),
    path("candidates/<uuid:candidate_id>/card", decision_views.card, name="card"),
    path("candidates/<uuid:candidate_id>/price", price_views.price, name="price"),
    path("candidates/<uuid:candidate_id>/trials", price_views.begin_trial, name="begin-trial"),
    path("trials/<uuid:trial_id>", price_views.trial, name="trial"),
    path("trials/<uuid:trial_id>/days", price_views.count_trial, name="count-trial"),
    path("trials/<uuid:trial_id>/end", price_views.end_trial, name="end-trial"),
    path("trials/<uuid:trial_id>/cancel", price_views.cancel_trial, name="cancel-trial"),
    path("score-rules", decision_views.rules, name="score-rules"),
    path("score-rules/strengths", decision_views.say_strength, name="say-strength"),
    path("matching", decision_views.matching, name="matching"),
    path("matching/mine", decision_views.mine, name="mine"),
    path("cooperations", cooperation_views.cooperations, name="cooperations"),
    path("cooperations/new", cooperation_views.new_cooperation, name="cooperation-new"),
    path("cooperations/<uuid:cooperation_id>", cooperation_views.cooperation, name="cooperation"),
    path("cooperations/<uuid:cooperation_id>/sessions", cooperation_views.note_session, name="cooperation-session"),
    path("cooperations/<uuid:cooperation_id>/decide", cooperation_views.decide, name="cooperation-decide"),
    path("cooperations/<uuid:cooperation_id>/contact", cooperation_views.contact, name="cooperation-contact"),
]
