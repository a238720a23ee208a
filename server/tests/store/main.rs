//! The store's story: what holds for every engine, told once and run on each, and what holds for one engine only.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod migration;
mod overview;
mod payloads;
#[path = "../support/postgres.rs"]
mod postgres;
mod postgresql;
mod presence;
mod reconciliation;
mod refusals;
mod reports;
mod requests;
mod retention;
mod servers;
mod sessions;
mod sqlite;
mod workspace;
mod workspace_pages;
mod workspace_search;
mod writing;

/// Runs each test of the story on each engine. An engine that is not there fails its tests; it does not skip them.
macro_rules! on_every_engine {
    ($($chapter:ident: $($test:ident),+;)+) => {
        on_engine!(on_sqlite, Sqlite, $($($chapter $test)+)+);
        on_engine!(on_postgres, Postgres, $($($chapter $test)+)+);
    };
}

macro_rules! on_engine {
    ($name:ident, $engine:ident, $($chapter:ident $test:ident)+) => {
        mod $name {
            use super::fixture::{Engine, Fixture};

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$chapter::$test(Fixture::new(Engine::$engine).await).await;
                }
            )+
        }
    };
}

on_every_engine! {
    writing:
        what_was_recorded_is_read_back,
        the_same_batch_twice_changes_nothing,
        all_batches_again_change_nothing,
        counters_are_the_sums_of_the_rows,
        a_request_opens_its_missing_session,
        a_request_names_a_stored_session_by_its_id,
        of_two_records_of_one_id_the_first_counts,
        batches_of_every_size_are_written,
        a_request_without_a_session_is_kept,
        an_empty_batch_is_nothing,
        the_largest_values_are_kept;
    presence:
        a_session_opens_active,
        a_request_wakes_an_idle_session,
        presence_follows_its_changes,
        an_ended_session_stays_ended,
        a_presence_change_of_no_session_says_nothing,
        a_late_idle_does_not_undo_the_request_after_it,
        last_activity_is_the_latest_end_of_a_request,
        sessions_left_open_by_another_process_are_closed,
        totals_of_a_session_are_those_of_its_rows,
        connected_sessions_leave_probes_out,
        silence_makes_sessions_idle_and_ends_them_when_they_were_last_heard_of,
        a_request_that_began_after_a_presumed_end_shows_that_there_was_none,
        the_only_server_that_stops_ends_all_sessions;
    overview:
        an_empty_database_has_an_overview,
        figures_reconcile_to_the_row,
        buckets_show_outcomes_and_percentiles,
        a_range_starts_with_a_bucket_and_ends_with_that_of_now,
        percentiles_are_within_one_per_cent_and_those_of_a_session_exact,
        top_tools_are_the_ten_most_called,
        connected_and_newest_are_ten_each;
    sessions:
        probes_and_silent_sessions_are_listed_apart,
        filters_of_sessions_combine,
        pages_of_sessions_have_each_once,
        a_session_has_its_requests_and_errors,
        requests_of_a_session_know_their_neighbours,
        an_absent_session_is_none,
        clients_are_listed_once;
    requests:
        filters_of_requests_agree_with_the_rows,
        requests_whose_ids_begin_alike_are_told_apart,
        empty_fields_do_not_filter,
        text_is_taken_literally_and_without_case,
        pages_of_requests_have_each_once_also_when_more_arrive,
        a_range_of_many_rows_is_listed_like_one_of_few,
        values_of_the_filters_are_those_that_occur,
        what_cannot_be_is_refused_by_name,
        a_request_has_its_detail_and_its_neighbours,
        an_absent_request_is_none;
    reconciliation:
        tiles_rows_rollups_and_counters_are_the_same_to_the_row,
        a_tool_of_an_empty_name_is_no_tool,
        sums_that_are_too_large_stay_at_the_largest;
    payloads:
        what_was_captured_is_read_back,
        a_parked_session_is_there_until_it_is_forgotten,
        a_tool_shows_what_its_latest_definition_costs;
    retention:
        each_kind_goes_at_its_age_and_its_figures_stay,
        a_session_stays_while_it_is_open_or_has_requests,
        a_look_ends_however_fast_more_gets_too_old,
        a_quota_is_kept_while_writing_goes_on_and_space_is_given_back;
    workspace:
        what_is_not_committed_was_never_there,
        of_two_that_write_the_second_waits_for_the_first,
        readers_do_not_wait_for_whoever_writes,
        the_tracker_and_the_workspace_write_in_turns,
        words_are_found_wherever_they_stand_and_no_longer_once_they_are_gone,
        a_task_goes_where_it_is_moved,
        the_database_itself_keeps_one_pinned_and_each_number_once,
        json_is_kept_as_it_was_given;
    workspace_search:
        a_list_has_what_a_reader_of_all_tasks_would_pick;
    workspace_pages:
        the_list_of_projects_has_its_figures_and_pages,
        a_board_has_its_columns_and_their_pages,
        a_task_shows_its_text_rendered_and_its_history,
        documents_are_rendered_and_html_is_text,
        a_version_shows_what_restoring_it_would_change,
        the_history_of_a_project_has_each_event_once,
        what_is_not_there_is_none_and_what_is_wrong_is_told;
    reports:
        reports_are_of_the_time_of_the_clock,
        an_invalid_question_is_told_to_whoever_asks,
        a_database_that_is_gone_is_unavailable;
}
