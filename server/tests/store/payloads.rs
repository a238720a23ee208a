//! What was captured, what definitions cost, and what brings a session back.

use std::sync::Arc;

use tracon::store::{Change, ForgottenSession, Kept, ParkedSession, Payload, RequestRecord, ToolDefinition};
use tracon_app::reports::{Captured, TimeRange};
use uuid::Uuid;

use crate::fixture::{Fixture, ago, now, session};

pub async fn what_was_captured_is_read_back(mut on: Fixture) {
    let session = Arc::new(session(1, ago(60)));
    let whole = Captured { json: r#"{"query":"‘élan’ 'quoted'","n":[1,null]}"#.to_owned(), is_cut: false };
    let cut = Captured { json: format!(r#"{{"text":"{}"#, "x".repeat(16 << 10)), is_cut: true };
    for (arguments, result) in
        [(Some(whole.clone()), Some(cut.clone())), (Some(cut.clone()), None), (None, Some(whole.clone())), (None, None)]
    {
        let kept = |captured: &Option<Captured>| captured.clone().map(Kept::from);
        let payload = Payload { arguments: kept(&arguments), result: kept(&result) };
        let call = RequestRecord { payload: Some(Box::new(payload)), ..on.call(&session, ago(50)) };
        on.apply(&[Change::Request(call.clone())]).await;
        let detail = on.store.request(&call.id.to_string()).await.unwrap().unwrap();
        assert_eq!((&detail.arguments, &detail.result), (&arguments, &result));

        // The first record of an id counts, with all that belongs to it.
        let other = Payload { arguments: Some(Captured { json: "0".to_owned(), is_cut: false }.into()), result: None };
        on.apply(&[Change::Request(RequestRecord { payload: Some(Box::new(other)), ..call.clone() })]).await;
        let detail = on.store.request(&call.id.to_string()).await.unwrap().unwrap();
        assert_eq!((&detail.arguments, &detail.result), (&arguments, &result));
    }
    let call = on.call(&session, ago(40));
    on.apply(&[Change::Request(call.clone())]).await;
    let detail = on.store.request(&call.id.to_string()).await.unwrap().unwrap();
    assert_eq!((detail.arguments, detail.result, detail.request.response_tokens), (None, None, Some(85)));
}

pub async fn a_parked_session_is_there_until_it_is_forgotten(mut on: Fixture) {
    let parked = |id: &str, state: &str, seconds| {
        let (transport_session_id, state) = (id.to_owned(), state.to_owned());
        Change::Parked(ParkedSession { session_id: Uuid::nil(), transport_session_id, state, at: ago(seconds) })
    };
    let forgotten = |id: &str| {
        let (transport_session_id, key) = (id.to_owned(), Uuid::nil());
        Change::Forgotten(ForgottenSession { transport_session_id, key, at: ago(50) })
    };
    assert_eq!(on.store.parked_session("a").await.unwrap(), None);
    on.apply(&[parked("a", "1", 90), parked("b", "1", 90), parked("a", "2", 80)]).await;
    assert_eq!(on.store.parked_session("a").await.unwrap().as_deref(), Some("2"), "the latest counts");
    on.apply(&[parked("a", "3", 70)]).await;
    assert_eq!(on.store.parked_session("a").await.unwrap().as_deref(), Some("3"));
    on.apply(&[forgotten("a"), forgotten("never there")]).await;
    assert_eq!(on.store.parked_session("a").await.unwrap(), None);
    assert_eq!(on.store.parked_session("b").await.unwrap().as_deref(), Some("1"));
    let among = on.store.parked_among(["a", "b", "never there"].map(str::to_owned).into()).await.unwrap();
    assert_eq!(among, ["b"]);

    // Within a batch the order decides, as it does when a spool is replayed from its start.
    let story = [parked("a", "1", 60), forgotten("a"), parked("c", "1", 60), forgotten("c"), parked("c", "2", 50)];
    for batch in [&story[..], &story[..1], &story[1..], &story[..]] {
        on.apply(batch).await;
    }
    assert_eq!(on.store.parked_session("a").await.unwrap(), None);
    assert_eq!(on.store.parked_session("c").await.unwrap().as_deref(), Some("2"));
}

pub async fn a_tool_shows_what_its_latest_definition_costs(mut on: Fixture) {
    let session = Arc::new(session(1, ago(60)));
    let call = Change::Request(on.call(&session, ago(50)));
    on.apply(&[call]).await;
    let defined = |tokens, seconds| {
        Change::Defined(ToolDefinition { tool_name: "health_check".to_owned(), tokens, at: ago(seconds) })
    };
    for (batch, cost) in [
        (vec![], None),
        (vec![defined(100, 40), defined(120, 30)], Some(120)),
        (vec![defined(100, 40)], Some(120)),
        (vec![defined(90, 20)], Some(90)),
    ] {
        on.apply(&batch).await;
        let overview = on.store.overview(TimeRange::Hour, now()).await.unwrap();
        assert_eq!(overview.top_tools[0].definition_tokens, cost);
    }
}
