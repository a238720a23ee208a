//! `/health`: whether everything that happens is recorded, and has room.

mod banners;
mod coverage;
mod facts;
mod records;
mod storage;

use crate::components::title::PageTitle;
use crate::{
    api,
    components::report::{report, show},
    format,
    health::Trouble,
    live::repeat,
    reports::Health,
};
use banners::Banners;
use coverage::CoverageSection;
use facts::{RetentionSection, ServerSection};
use leptos::prelude::*;
use records::{RecordsSection, TrackingOff};
use std::time::Duration;
use storage::StorageSection;

/// How long after an answer the page asks again: while the database is away nothing is committed that would tell.
const PAUSE: Duration = Duration::from_secs(4);

/// The server's health.
#[component]
pub fn HealthPage() -> impl IntoView {
    let health = report(|| Ok(()), |()| api::health());
    repeat(health, PAUSE);
    view! {
        <PageTitle text="Health" />
        {show(health, |health| view! { <HealthBody health=health /> })}
    }
}

#[component]
fn HealthBody(health: Health) -> impl IntoView {
    let troubles = Trouble::of(&health);
    let Health { now, started_at, version, recorder, database, coverage, retention } = health;
    let tracked = recorder.is_some();
    let storage = view! { <StorageSection recorder=recorder.clone() database=database.clone() /> };
    let records = match recorder {
        Some(recorder) => view! { <RecordsSection recorder=recorder now=now /> }.into_any(),
        None => view! { <TrackingOff /> }.into_any(),
    };
    view! {
        <div class="page-head">
            <h1>"Health"</h1>
            <p class="total">"as of " {format::utc(now)}</p>
        </div>
        <Banners troubles=troubles now=now />
        {records}
        {storage}
        <CoverageSection coverage=coverage />
        <RetentionSection retention=retention />
        <ServerSection version=version started_at=started_at now=now database=database tracked=tracked />
    }
}
