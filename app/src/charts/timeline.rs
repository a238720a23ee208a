//! A session's requests as bars on an axis of time.

use super::{
    lanes::{Extent, pack},
    percent,
    timeline_axis::TimelineAxis,
};
use crate::{format, reports::RequestDetail};
use chrono::{DateTime, Duration, Utc};
use leptos::prelude::*;

/// A bar shorter than this could not be seen or hit, in per cent of the axis.
const LEAST_WIDTH: f64 = 0.6;
/// With more groups than this, a conversation's turns are one group.
const MOST_GROUPS: usize = 12;
/// The height of a lane and of the bar in it, in pixels.
const LANE: usize = 14;
const BAR: usize = 10;

/// What belongs together: the requests of a turn, or of a conversation, or those without either.
#[derive(Clone, Debug, PartialEq)]
struct Group {
    conversation: Option<String>,
    turn: Option<String>,
    /// Indices of the requests, in the order of their start.
    members: Vec<usize>,
}

/// Each request a bar, concurrent ones in lanes, grouped by conversation and turn where the client sends them. The
/// table of the same requests is what a keyboard and a screen reader use; a mouse may click the bars too.
#[component]
pub fn Timeline(requests: Vec<RequestDetail>) -> impl IntoView {
    let start = requests.iter().map(|one| one.request.timestamp).min().unwrap_or_default();
    let spans: Vec<Extent> = requests
        .iter()
        .map(|one| Extent {
            start: milliseconds(start, one.request.timestamp),
            length: one.request.duration_ms.max(0.0),
        })
        .collect();
    let axis = TimelineAxis::new(&spans);
    let groups = groups(&requests);
    let named = groups.iter().any(|group| group.conversation.is_some());
    let shown = groups.iter().map(|group| group_view(group, named, &requests, &spans, &axis)).collect_view();
    view! {
        <div class="timeline" class:named=named on:click=open_bar()>
            {shown} <div class="timeline-group">
                {named.then(|| view! { <span></span> })}
                <svg class="timeline-times" height="20" width="100%" aria-hidden="true">
                    {times(&axis, start)}
                </svg>
            </div>
        </div>
    }
}

fn group_view(
    group: &Group,
    named: bool,
    requests: &[RequestDetail],
    spans: &[Extent],
    axis: &TimelineAxis,
) -> impl IntoView + use<> {
    let bars: Vec<Extent> = group
        .members
        .iter()
        .map(|index| {
            let x = axis.x(spans[*index].start);
            let end = axis.x(spans[*index].start + spans[*index].length);
            Extent { start: x.min(100.0 - LEAST_WIDTH), length: (end - x).max(LEAST_WIDTH) }
        })
        .collect();
    let (lanes, count) = pack(&bars);
    let failed = group.members.iter().filter(|index| requests[**index].request.outcome.is_error()).count();
    let name = name(group);
    let label = format!(
        "{name}{}{}, {} failed",
        if name.is_empty() { "" } else { ": " },
        format::counted(group.members.len() as u64, "request"),
        failed
    );
    let cuts = axis
        .cuts()
        .into_iter()
        .map(|cut| {
            view! {
                <line class="cut" x1=percent(cut.x) x2=percent(cut.x) y1="0" y2="100%">
                    <title>{format!("{} without a request", format::duration(cut.wait))}</title>
                </line>
            }
        })
        .collect_view();
    let bars = group
        .members
        .iter()
        .zip(bars)
        .zip(lanes)
        .map(|((index, bar), lane)| {
            let row = &requests[*index].request;
            let title = format!(
                "{}: {}, {}, {}",
                row.subject(),
                row.outcome.label(),
                format::duration(row.duration_ms),
                format::utc_exact(row.timestamp)
            );
            view! {
                <rect
                    class="bar"
                    class:failed=row.outcome.is_error()
                    data-outcome=row.outcome.as_str()
                    data-bar=row.id.clone()
                    x=percent(bar.start)
                    width=percent(bar.length)
                    y=lane * LANE + (LANE - BAR) / 2
                    height=BAR
                >
                    <title>{title}</title>
                </rect>
            }
        })
        .collect_view();
    view! {
        <div class="timeline-group">
            {named
                .then(|| {
                    view! {
                        <p class="timeline-label" title=name.clone()>
                            {name.clone()}
                        </p>
                    }
                })}
            <svg class="lanes" width="100%" height=count * LANE role="img" aria-label=label>
                {cuts}
                {bars}
            </svg>
        </div>
    }
}

/// The time at the start of each burst, where there is room for it.
fn times(axis: &TimelineAxis, start: DateTime<Utc>) -> impl IntoView + use<> {
    let mut free_from = 0.0;
    let labels: Vec<_> = axis
        .bursts
        .iter()
        .filter(|burst| {
            let room = burst.x >= free_from && burst.x <= 84.0;
            if room {
                free_from = burst.x + 18.0;
            }
            room
        })
        .map(|burst| {
            let time = start + Duration::microseconds(microseconds(burst.start));
            view! { <text x=percent(burst.x) y="14">{time.format("%H:%M:%S").to_string()}</text> }
        })
        .collect();
    labels
}

fn groups(requests: &[RequestDetail]) -> Vec<Group> {
    let by_turn = grouped(requests, true);
    if by_turn.len() <= MOST_GROUPS { by_turn } else { grouped(requests, false) }
}

fn grouped(requests: &[RequestDetail], by_turn: bool) -> Vec<Group> {
    let mut order: Vec<usize> = (0..requests.len()).collect();
    order.sort_by_key(|index| requests[*index].request.timestamp);
    let mut groups: Vec<Group> = Vec::new();
    for index in order {
        let request = &requests[index];
        let conversation = request.conversation_id.clone();
        let turn = request.turn_id.clone().filter(|_| by_turn);
        match groups.iter_mut().find(|group| group.conversation == conversation && group.turn == turn) {
            Some(group) => group.members.push(index),
            None => groups.push(Group { conversation, turn, members: vec![index] }),
        }
    }
    groups
}

fn name(group: &Group) -> String {
    match (&group.conversation, &group.turn) {
        (Some(conversation), Some(turn)) => format!("{conversation} · {turn}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => "no conversation".to_owned(),
    }
}

/// Opens the request whose bar was clicked.
fn open_bar() -> impl Fn(leptos::ev::MouseEvent) + 'static {
    #[cfg(feature = "hydrate")]
    let navigate = leptos_router::hooks::use_navigate();
    move |event| {
        #[cfg(feature = "hydrate")]
        {
            use wasm_bindgen::JsCast;
            let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            if let Some(id) = target.and_then(|target| target.get_attribute("data-bar")) {
                navigate(&crate::query::request_href(&id), leptos_router::NavigateOptions::default());
            }
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = event;
    }
}

fn milliseconds(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    (to - from).num_microseconds().unwrap_or(i64::MAX) as f64 / 1_000.0
}

#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates; a session is shorter than that")]
fn microseconds(ms: f64) -> i64 {
    (ms * 1_000.0) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::{Outcome, RequestRow};

    fn request(id: i64, conversation: Option<&str>, turn: Option<&str>) -> RequestDetail {
        RequestDetail {
            request: RequestRow {
                id: id.to_string(),
                session_id: None,
                client_type: None,
                method: "ping".to_owned(),
                tool_name: None,
                outcome: Outcome::Ok,
                error_code: None,
                timestamp: DateTime::UNIX_EPOCH + Duration::seconds(id),
                duration_ms: 1.0,
                request_bytes: 0,
                response_bytes: 0,
                response_tokens: None,
            },
            error_message: None,
            http_status: None,
            rpc_id: None,
            protocol_version: None,
            conversation_id: conversation.map(str::to_owned),
            turn_id: turn.map(str::to_owned),
            trace_id: None,
            server_instance: String::new(),
            arguments: None,
            result: None,
            previous: None,
            next: None,
        }
    }

    #[test]
    fn turns_are_groups_in_the_order_of_their_start() {
        let requests = [
            request(3, Some("a"), Some("2")),
            request(2, Some("a"), Some("1")),
            request(1, None, None),
            request(4, Some("a"), Some("1")),
        ];
        let groups = groups(&requests);
        assert_eq!(groups.iter().map(name).collect::<Vec<_>>(), ["no conversation", "a · 1", "a · 2"]);
        assert_eq!(groups[1].members, [1, 3]);
    }

    #[test]
    fn many_turns_are_grouped_by_conversation() {
        let requests: Vec<_> = (0..40).map(|n| request(n, Some("a"), Some(&n.to_string()))).collect();
        assert_eq!(groups(&requests).len(), 1);
    }
}
