//! What may be told of a wait, in the contract's words.

use guichet_proto::routing::v1::{
    DepartmentForecast, Expected, ExpectedShape, GetForecastRequest, GetForecastResponse,
};
use guichet_rpc::status;
use tonic::{Response, Status};

use super::Api;
use super::convert::id;
use crate::app::forecasts::{Level, Shape, Told};

impl Api {
    pub(super) async fn expectation(
        &self,
        request: GetForecastRequest,
    ) -> Result<Response<GetForecastResponse>, Status> {
        let request_id = id(&request.request_id, "/request_id").map_err(status::of)?;
        let told = self.app.forecast(request_id).await.map_err(status::of)?;
        Ok(Response::new(GetForecastResponse { expected: told.map(expected) }))
    }
}

pub(super) fn expected(told: Told) -> Expected {
    let (low_minutes, high_minutes) = match told.announced.shape {
        Shape::Minutes { low, high } => (low, high),
        _ => (0, 0),
    };
    Expected {
        from: told.announced.from.as_millis(),
        to: told.announced.to.as_millis(),
        shape: shape(told.announced.shape).into(),
        low_minutes,
        high_minutes,
        words: told.words,
        sentence: told.sentence,
    }
}

const fn shape(shape: Shape) -> ExpectedShape {
    match shape {
        Shape::Minutes { .. } => ExpectedShape::Minutes,
        Shape::HalfDay => ExpectedShape::HalfDay,
        Shape::Day => ExpectedShape::Day,
        Shape::Date => ExpectedShape::Date,
        Shape::Until => ExpectedShape::Until,
        Shape::Dates => ExpectedShape::Dates,
    }
}

pub(super) fn of_department(level: Level, live: bool, told: &Told) -> DepartmentForecast {
    let level = if level == Level::One { 1 } else { 2 };
    DepartmentForecast { level, live, words: told.words.clone() }
}
