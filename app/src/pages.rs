//! One module a page.

mod board;
mod documents;
mod health;
mod history;
mod not_found;
mod overview;
mod projects;
mod request;
mod requests;
mod session;
mod sessions;
mod task;
mod versions;

pub use board::BoardPage;
pub use documents::DocumentsPage;
pub use health::HealthPage;
pub use history::HistoryPage;
pub use not_found::NotFound;
pub use overview::OverviewPage;
pub use projects::ProjectsPage;
pub use request::RequestPage;
pub use requests::RequestsPage;
pub use session::SessionPage;
pub use sessions::SessionsPage;
pub use task::TaskPage;
pub use versions::VersionsPage;
