//! What the pages get.

use std::sync::Arc;

use chrono::TimeDelta;
use tracon::{clock::ManualClock, store::Change};
use tracon_app::reports::{ReportError, Reports, RequestFilter, SessionFilter, TimeRange};

use crate::fixture::{Fixture, ago, now, reports, session};

pub async fn reports_are_of_the_time_of_the_clock(mut on: Fixture) {
    let clock = ManualClock::at(now());
    let reports = reports(&on, Arc::new(clock.clone()));
    let opened = Arc::new(session(1, ago(60)));
    let call = on.call(&opened, ago(50));
    on.apply(&[Change::Request(call.clone())]).await;

    let overview = reports.overview(TimeRange::Hour).await.unwrap();
    assert_eq!((overview.now, overview.totals.requests), (now(), 1));
    clock.advance(TimeDelta::hours(2));
    let overview = reports.overview(TimeRange::Hour).await.unwrap();
    assert_eq!((overview.now, overview.totals.requests), (now() + TimeDelta::hours(2), 0));

    let range = RequestFilter { range: Some(TimeRange::Hour), ..RequestFilter::default() };
    assert_eq!(reports.requests(range).await.unwrap().total, 0);
    assert_eq!(reports.requests(RequestFilter::default()).await.unwrap().total, 1);
    assert_eq!(reports.sessions(SessionFilter::default()).await.unwrap().total, 1);
    assert!(reports.session(&opened.session_id.to_string()).await.unwrap().is_some());
    assert!(reports.request(&call.id.to_string()).await.unwrap().is_some());
    assert_eq!(reports.session("no such").await.unwrap(), None);
    assert_eq!(reports.request("no such").await.unwrap(), None);
}

pub async fn an_invalid_question_is_told_to_whoever_asks(on: Fixture) {
    let reports = reports(&on, Arc::new(ManualClock::at(now())));
    let before = || Some("nonsense".to_owned());
    let told = ReportError::Invalid("`before` does not name a page of this list".to_owned());
    let filter = SessionFilter { before: before(), ..SessionFilter::default() };
    assert_eq!(reports.sessions(filter).await.unwrap_err(), told);
    let filter = RequestFilter { before: before(), ..RequestFilter::default() };
    assert_eq!(reports.requests(filter).await.unwrap_err(), told);
}

pub async fn a_database_that_is_gone_is_unavailable(on: Fixture) {
    let reports = reports(&on, Arc::new(ManualClock::at(now())));
    on.store.ping().await.unwrap();
    on.store.close().await;
    assert!(on.store.ping().await.is_err());
    assert_eq!(reports.overview(TimeRange::Hour).await.unwrap_err(), ReportError::Unavailable);
    assert_eq!(reports.session("00000000-0000-0000-0000-000000000001").await.unwrap_err(), ReportError::Unavailable);
}
