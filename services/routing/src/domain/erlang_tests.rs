//! Erlang's forms against figures computed elsewhere, and against each other.

use super::erlang::*;

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected} ± {tolerance}");
}

#[test]
fn published_values_of_erlang_b_and_c_are_found() {
    close(erlang_b(84.0, 90), 0.044_620, 5e-7);
    close(erlang_b(10.0, 10), 0.214_582, 5e-7);
    close(erlang_c(84.0, 90), 0.411_957, 5e-7);
    close(erlang_c(8.0, 10), 0.409_180, 5e-7);
    close(erlang_c(10.0, 10), 1.0, 0.0);
}

#[test]
fn values_of_erlang_a_are_found() {
    for (arrivals, servers, [waits, abandons, mean_wait]) in
        [(10.0, 10, [0.619_66, 0.103_91, 0.207_83]), (84.0, 90, [0.308_40, 0.012_58, 0.025_16])]
    {
        let queue = erlang_a(arrivals, 1.0, 0.5, servers);
        close(queue.waits, waits, 5e-6);
        close(queue.abandons, abandons, 5e-6);
        close(queue.mean_wait, mean_wait, 5e-6);
    }
}

#[test]
fn everybody_who_does_not_leave_is_served_in_the_end_and_at_once_when_nobody_waits() {
    let queue = erlang_a(10.0, 1.0, 0.5, 10);
    close(queue.served_within(1_000.0), 1.0 - queue.abandons, 1e-9);
    close(queue.served_within(0.0), 1.0 - queue.waits, 1e-9);
    let shares: Vec<f64> = (0..20).map(|tenths| queue.served_within(f64::from(tenths) / 10.0)).collect();
    assert!(shares.is_sorted(), "{shares:?}");
}

#[test]
fn people_who_hardly_ever_leave_are_those_of_erlang_c() {
    let patient = Demand { per_hour: 120.0, handling_s: 360.0, patience_s: None };
    let stubborn = Demand { patience_s: Some(1e8), ..patient };
    let (patient, stubborn) = (patient.outlook(14, 20.0), stubborn.outlook(14, 20.0));
    close(patient.within, stubborn.within, 1e-4);
    close(patient.mean_wait_s.expect("a wait"), stubborn.mean_wait_s.expect("a wait"), 0.1);
}

#[test]
fn the_finite_queue_of_ninety_agents_and_thirty_waiting_places_is_known() {
    // 8.4 contacts a minute of ten minutes each.
    let pooled = FiniteQueue::new(8.4, 0.1, 90, 120);
    close(pooled.blocked(), 0.003_6, 5e-5);
    close(pooled.within(0.5), 0.733, 5e-4);
    close(pooled.mean_wait() * 60.0, 27.0, 0.05);
    let alone = FiniteQueue::new(1.4, 0.1, 15, 20);
    close(alone.blocked(), 0.065_3, 5e-5);
    close(alone.within(0.5), 0.641, 5e-4);
    close(alone.mean_wait() * 60.0, 49.4, 0.05);
}

#[test]
fn a_finite_queue_without_places_to_wait_is_erlang_b_and_a_long_one_is_erlang_c() {
    close(FiniteQueue::new(84.0, 1.0, 90, 90).blocked(), erlang_b(84.0, 90), 1e-12);
    let long = FiniteQueue::new(8.0, 1.0, 10, 400);
    close(1.0 - long.within(0.0), erlang_c(8.0, 10), 1e-9);
    close(long.mean_wait(), erlang_c(8.0, 10) / 2.0, 1e-9);
}

#[test]
fn a_manager_reads_what_one_agent_more_changes() {
    let calls = Demand { per_hour: 120.0, handling_s: 360.0, patience_s: None };
    let expected = [(13, 33.0, 254.0), (14, 57.0, 87.0), (15, 73.0, 38.0), (16, 84.0, 18.0)];
    for (agents, percent, mean_wait_s) in expected {
        let outlook = calls.outlook(agents, 20.0);
        close(outlook.within * 100.0, percent, 0.5);
        close(outlook.mean_wait_s.expect("a wait"), mean_wait_s, 0.5);
    }
    let leaving = Demand { patience_s: Some(300.0), ..calls };
    for (agents, percent) in [(13, 8.4), (14, 5.6), (15, 3.6), (16, 2.2)] {
        close(leaving.outlook(agents, 20.0).abandons * 100.0, percent, 0.05);
    }
    assert_eq!(
        calls.outlook(14, 20.0).to_string(),
        "À 14 agents, 57 % des contacts pris en 20 s ; attente moyenne 87 s."
    );
    assert_eq!(
        calls.outlook(12, 20.0).to_string(),
        "À 12 agents, l'attente s'allonge sans fin : la charge dépasse ce que l'équipe peut traiter."
    );
    assert!(leaving.outlook(16, 20.0).to_string().ends_with("2,2 % renoncent."));
}

#[test]
fn the_fewest_agents_for_a_target_are_found() {
    let calls = Demand { per_hour: 120.0, handling_s: 360.0, patience_s: None };
    assert_eq!(calls.agents_for(0.8, 20.0).map(|outlook| outlook.agents), Some(16));
    assert_eq!(calls.agents_for(1.1, 20.0), None);
}
