//! Pages stay light, with their lists full.

use guichet_demo::Doors;
use guichet_tests::weight::{FIRST_VISIT_BYTES_MAX, of_all_pages};
use guichet_tests::{Guichet, Kind};

/// More than any list shows at once.
const REQUESTS: usize = 150;

#[tokio::test]
async fn a_first_visit_of_any_page_is_light_on_the_wire() {
    let g = Guichet::start(Kind::AllInOne).await;
    let doors = Doors::open(&g.url, &format!("127.0.0.1:{}", g.smtp_port)).await.expect("it is a demo");
    let filled = guichet_demo::fill(&doors, REQUESTS, 1, |_| ()).await.expect("it can be filled");
    assert_eq!(filled.requests, REQUESTS);
    let leon = g.agent("leon.virgule").await;
    let town = g.get("/requests?authority=valorme&limit=1").await;
    let weights = of_all_pages(&g, &leon, crate::text(&town["items"][0], "reference")).await;
    let heavy: Vec<_> = weights.iter().filter(|page| page.total_bytes > FIRST_VISIT_BYTES_MAX).collect();
    assert!(heavy.is_empty(), "{heavy:#?}");
    assert!(weights.iter().all(|page| page.asset_bytes > 0), "each page has its style: {weights:#?}");
}
