//! What a supervisor counts, and the list behind each figure.

use guichet_proto::routing::v1 as proto;
use guichet_proto::routing::v1::Figure;
use guichet_proto::routing::v1::cut::By;
use guichet_testkit::wait_for;

use crate::desk::{DEADLINE, Desk, agent_id};

/// The figures of a department of Valorme as Léon sees them.
async fn figures(desk: &Desk, department: &str) -> Option<proto::DepartmentFigures> {
    let asked = proto::GetOverviewRequest { agent_id: agent_id("leon.virgule") };
    let overview = desk.queue().get_overview(asked).await.expect("Léon supervises").into_inner();
    overview.departments.into_iter().find(|line| line.authority == "valorme" && line.department == department)
}

async fn counted(desk: &Desk, department: &str, figure: Figure) -> u64 {
    let line = figures(desk, department).await.unwrap_or_default();
    line.counts.iter().find(|counted| counted.figure() == figure).map_or(0, |counted| counted.count)
}

async fn listed(desk: &Desk, department: &str, figure: Figure) -> Vec<proto::OpenEntry> {
    let asked = proto::ListOpenRequest {
        agent_id: agent_id("leon.virgule"),
        figure: figure.into(),
        authority: "valorme".to_owned(),
        department: department.to_owned(),
        page: None,
        cut: None,
    };
    desk.queue().list_open(asked).await.expect("Léon supervises").into_inner().entries
}

async fn each_figure_counts_its_list_and_follows_the_work(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("acte").await;
    desk.accepts("aline.encre", request).await;
    wait_for(DEADLINE, || async { (counted(&desk, "EC", Figure::InHand).await == 1).then_some(()) }).await;
    let held = listed(&desk, "EC", Figure::InHand).await;
    assert_eq!((held.len(), held[0].request_id.as_str()), (1, request.to_string().as_str()));
    assert_eq!(held[0].assignee_id, agent_id("aline.encre"));
    for figure in [Figure::Waiting, Figure::Offered, Figure::AtRisk, Figure::Late, Figure::Unroutable] {
        assert_eq!(counted(&desk, "EC", figure).await, 0, "{figure:?}");
        assert!(listed(&desk, "EC", figure).await.is_empty(), "{figure:?}");
    }
    // Announced for Friday evening: on Friday at noon most of the delay is gone, on Monday all of it.
    desk.clock.advance_millis(74 * 3_600_000);
    assert_eq!(listed(&desk, "EC", Figure::AtRisk).await.len(), 1);
    desk.clock.advance_millis(72 * 3_600_000);
    let late = (counted(&desk, "EC", Figure::Late).await, counted(&desk, "EC", Figure::AtRisk).await);
    assert_eq!(late, (1, 0), "late is no longer at risk");
}

async fn what_nobody_can_do_is_counted_until_it_is_answered(desk: Desk) {
    let mut alone = crate::town::valorme();
    alone.agents.retain(|login, _| login == "leon.virgule");
    desk.publish(&[alone], true).await;
    let request = desk.receives("acte").await;
    wait_for(DEADLINE, || async { (counted(&desk, "EC", Figure::Unroutable).await == 1).then_some(()) }).await;
    let line = figures(&desk, "EC").await.expect("the department has work");
    assert!(line.oldest_waiting_at > 0, "{line:?}");
    assert_eq!(listed(&desk, "EC", Figure::Unroutable).await[0].request_id, request.to_string());
    assert!(listed(&desk, "EP", Figure::Unroutable).await.is_empty(), "each department has its own list");
}

async fn each_skill_channel_and_nature_opens_the_list_it_counts(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("acte").await;
    desk.accepts("aline.encre", request).await;
    let leon = agent_id("leon.virgule");
    let asked = proto::GetOverviewRequest { agent_id: leon.clone() };
    let overview = wait_for(DEADLINE, || async {
        let overview = desk.queue().get_overview(asked.clone()).await.expect("Léon supervises").into_inner();
        (overview.cuts.len() >= 3).then_some(overview)
    })
    .await;
    let skills = overview.cuts.iter().filter(|line| matches!(&line.cut, Some(proto::Cut { by: Some(By::Skill(_)) })));
    assert_eq!(skills.count(), 1, "an acte asks one skill: {:?}", overview.cuts);
    for line in overview.cuts {
        let list = proto::ListOpenRequest {
            agent_id: leon.clone(),
            figure: Figure::InHand.into(),
            cut: line.cut.clone(),
            ..proto::ListOpenRequest::default()
        };
        let listed = desk.queue().list_open(list).await.expect("Léon supervises").into_inner().entries;
        let counted =
            line.counts.iter().find(|counted| counted.figure() == Figure::InHand).map_or(0, |found| found.count);
        assert_eq!((listed.len(), counted), (1, 1), "{:?}", line.cut);
    }
    let nowhere = proto::Cut { by: Some(By::Skill("FUN".to_owned())) };
    let list = proto::ListOpenRequest {
        agent_id: leon,
        figure: Figure::Open.into(),
        cut: Some(nowhere),
        ..proto::ListOpenRequest::default()
    };
    assert!(desk.queue().list_open(list).await.expect("Léon supervises").into_inner().entries.is_empty());
}

crate::on_both_back_ends! {
    each_skill_channel_and_nature_opens_the_list_it_counts,
    each_figure_counts_its_list_and_follows_the_work,
    what_nobody_can_do_is_counted_until_it_is_answered,
}
