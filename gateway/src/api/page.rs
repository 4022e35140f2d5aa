//! Pages of lists: `limit`, `cursor`, `items`, `next_cursor`.

use guichet_proto::common::v1::Page;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::{FieldError, Problem};
use crate::text::t;

/// Items of a page nobody asked a size for.
pub(crate) const LIMIT_DEFAULT: u32 = 25;
/// Items of the largest page.
pub(crate) const LIMIT_MAX: u32 = 100;

/// Which page of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct PageQuery {
    /// Items, 1 to 100; 25 when left out.
    pub(crate) limit: Option<u32>,
    /// From `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
}

/// Returns the page asked for, refusing a size out of bounds.
pub(crate) fn page(limit: Option<u32>, cursor: Option<&str>) -> Result<Page, Problem> {
    let limit = limit.unwrap_or(LIMIT_DEFAULT);
    if limit == 0 || limit > LIMIT_MAX {
        return Err(Problem::invalid(vec![FieldError { pointer: "/limit".to_owned(), detail: t("field-limit") }]));
    }
    Ok(Page { limit, cursor: cursor.unwrap_or_default().to_owned() })
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ItemPage<T> {
    /// What was asked for.
    pub(crate) items: Vec<T>,
    /// Asks for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

impl<T> ItemPage<T> {
    /// Returns a list that fits one page.
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }

    /// Returns a page; an empty cursor means the last one.
    pub(crate) fn new(items: Vec<T>, next_cursor: String) -> Self {
        Self { items, next_cursor: super::words::some(next_cursor) }
    }
}
