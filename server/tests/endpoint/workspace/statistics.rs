//! `get_completion_stats`: how far tasks are.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Desk, keys, texts};
use crate::workspace::agent::{Agent, Era};

in_both_eras! {
    statistics_count_the_tasks_of_a_project_or_of_all,
    statistics_say_how_long_tasks_took_and_which_were_done_lately,
    a_project_without_tasks_has_statistics,
}

async fn statistics_count_the_tasks_of_a_project_or_of_all(desk: &Desk) {
    let (alpha, beta) = (desk.project("Alpha").await, desk.project("Beta").await);
    for (project, status) in [
        (&alpha, "done"),
        (&alpha, "doing"),
        (&alpha, "review"),
        (&beta, "done"),
        (&beta, "done"),
        (&beta, "todo"),
        (&beta, "todo"),
    ] {
        desk.task(project, status, json!({"status": status})).await;
    }
    let gone = desk.task(&alpha, "gone", json!({"status": "done"})).await;
    desk.call("manage_task", json!({"action": "delete", "task_id": gone})).await;
    for (arguments, expected) in [
        (json!({"project_id": alpha}), json!([3, 1, 2, 33.33])),
        (json!({"project_id": beta}), json!([4, 2, 0, 50.0])),
        (json!({}), json!([7, 3, 2, 42.86])),
    ] {
        let project = arguments["project_id"].clone();
        let told = desk.call("get_completion_stats", arguments).await;
        assert_eq!(keys(&told), ["count", "days_range", "project_id", "recently_completed", "stats", "success"]);
        let stats = &told["stats"];
        assert_eq!(
            keys(stats),
            ["avg_completion_time_hours", "completed_tasks", "completion_rate", "in_progress_tasks", "total_tasks",]
        );
        let found = json!([
            stats["total_tasks"],
            stats["completed_tasks"],
            stats["in_progress_tasks"],
            stats["completion_rate"]
        ]);
        assert_eq!(found, expected, "{told}");
        assert_eq!((&told["project_id"], &told["days_range"]), (&project, &json!(7)));
        assert_eq!(told["count"], stats["completed_tasks"], "all of them lately");
    }
    let error = desk.refused("get_completion_stats", json!({"project_id": gone})).await;
    assert_eq!(error["type"], "not_found");
}

async fn statistics_say_how_long_tasks_took_and_which_were_done_lately(desk: &Desk) {
    // A session would not outlive the days that pass here.
    let agent = async || Agent::greet(&desk.server, Era::Sessionless, "claude-code").await;
    let project = desk.project("Alpha").await;
    let (quick, slow) = (desk.task(&project, "quick", json!({})).await, desk.task(&project, "slow", json!({})).await);
    let reopened = desk.task(&project, "reopened", json!({"status": "done"})).await;
    desk.call("manage_task", json!({"action": "update", "task_id": reopened, "status": "review"})).await;
    desk.clock.advance(TimeDelta::minutes(90));
    let done = async |task: &str| {
        agent()
            .await
            .call("manage_task", json!({"action": "update", "task_id": task, "status": "done"}))
            .await
            .success()
    };
    done(&quick).await;
    let told = async |arguments: Value| agent().await.call("get_completion_stats", arguments).await.success();
    assert_eq!(told(json!({})).await["stats"]["avg_completion_time_hours"], 1.5);
    desk.clock.advance(TimeDelta::days(2) + TimeDelta::minutes(90) + TimeDelta::seconds(5));
    done(&slow).await;
    let after = told(json!({"project_id": project})).await;
    // 1.5 and 51.0014 hours.
    assert_eq!(after["stats"]["avg_completion_time_hours"], 26.25);
    assert_eq!(texts(&after["recently_completed"], "title"), ["slow", "quick"], "the last first");
    let first = &after["recently_completed"][0];
    assert_eq!(keys(first), ["completed_at", "completed_by", "project_id", "task_id", "time_to_complete", "title"]);
    assert_eq!((&first["task_id"], &first["project_id"]), (&json!(slow), &json!(project)));
    assert_eq!(texts(&after["recently_completed"], "time_to_complete"), ["2 days 03:00:05", "01:30:00"]);
    assert_eq!(texts(&after["recently_completed"], "completed_by"), ["Claude Code", "Claude Code"]);

    // The window of days moves with the clock; what was done is counted all the same.
    for (arguments, titles) in [
        (json!({"days": 1}), vec!["slow"]),
        (json!({"days": 3}), vec!["slow", "quick"]),
        (json!({"limit": 1}), vec!["slow"]),
    ] {
        let days = arguments["days"].as_u64().unwrap_or(7);
        let some = told(arguments).await;
        assert_eq!(
            (texts(&some["recently_completed"], "title"), &some["days_range"]),
            (titles.iter().map(|&title| title.to_owned()).collect(), &json!(days))
        );
        assert_eq!((&some["count"], &some["stats"]["completed_tasks"]), (&json!(titles.len()), &json!(2)));
    }
    desk.clock.advance(TimeDelta::days(7));
    assert_eq!(told(json!({})).await["count"], 1, "exactly seven days ago");
    desk.clock.advance(TimeDelta::microseconds(1));
    assert_eq!(told(json!({})).await["count"], 0);
    assert_eq!(told(json!({"days": 3_650})).await["count"], 2);
}

async fn a_project_without_tasks_has_statistics(desk: &Desk) {
    let none = json!({
        "total_tasks": 0, "completed_tasks": 0, "in_progress_tasks": 0, "completion_rate": 0.0,
        "avg_completion_time_hours": null,
    });
    assert_eq!(desk.call("get_completion_stats", json!({})).await["stats"], none);
    let project = desk.project("Alpha").await;
    let told = desk.call("get_completion_stats", json!({"project_id": project})).await;
    assert_eq!((&told["stats"], &told["recently_completed"], &told["count"]), (&none, &json!([]), &json!(0)));
}
