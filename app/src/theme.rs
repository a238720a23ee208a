//! Light, dark, or what the system says: kept in a cookie, so that the server's first byte already has the right
//! colours.

/// Which colours the pages have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// The cookie that keeps the choice; absent for [`Theme::System`].
pub const COOKIE: &str = "tracon_theme";

impl Theme {
    /// In the order of the switch.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The value of the cookie and of `data-theme`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of that name, if it is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == name)
    }

    /// The theme that a `Cookie` header names.
    #[must_use]
    pub fn from_cookies(header: &str) -> Option<Self> {
        header
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == COOKIE)
            .and_then(|(_, value)| Self::parse(value))
    }

    /// What to assign to `document.cookie`: a year's cookie of this site only.
    #[must_use]
    pub fn to_cookie(self) -> String {
        let max_age = if self == Self::System { 0 } else { 31_536_000 };
        format!("{COOKIE}={}; Path=/; Max-Age={max_age}; SameSite=Lax", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        assert_eq!(Theme::from_cookies("x=1; tracon_theme=light; y=2"), Some(Theme::Light));
        assert_eq!(Theme::from_cookies("not_tracon_theme=light"), None);
        assert_eq!(Theme::from_cookies("tracon_theme"), None);
    }

    #[test]
    fn to_follow_the_system_is_to_forget_the_cookie() {
        assert!(Theme::System.to_cookie().contains("Max-Age=0"));
        assert!(Theme::Dark.to_cookie().starts_with("tracon_theme=dark;"));
    }
}
