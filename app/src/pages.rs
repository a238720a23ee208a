//! One module a page.

mod health;
mod not_found;
mod overview;
mod request;
mod requests;
mod session;
mod sessions;

pub use health::HealthPage;
pub use not_found::NotFound;
pub use overview::OverviewPage;
pub use request::RequestPage;
pub use requests::RequestsPage;
pub use session::SessionPage;
pub use sessions::SessionsPage;
