//! Whose the server is. PostgreSQL refuses to run as root, and so root has an unprivileged account run it.

use std::{fs, io, path::Path, process::Command};

use anyhow::{Context, Result};

use super::super::debian::is_root;

/// The accounts that root may choose, the best first.
const NAMES: [&str; 2] = ["postgres", "nobody"];

/// The account that runs PostgreSQL's programs and owns their files.
#[derive(Debug)]
pub struct Account {
    /// None: whoever runs the tests.
    other: Option<User>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct User {
    id: u32,
    group: u32,
}

impl Account {
    pub fn choose() -> Result<Self> {
        if !is_root() {
            return Ok(Self { other: None });
        }
        let accounts = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let other = NAMES.iter().find_map(|name| user(&accounts, name));
        let other = other.context("PostgreSQL does not run as root, and here is no account `postgres` or `nobody`")?;
        Ok(Self { other: Some(other) })
    }

    /// Has the command run as this account.
    pub fn apply(&self, command: &mut Command) {
        if let Some(user) = self.other {
            run_as(user, command);
        }
    }

    /// Makes it the owner of something that whoever runs the tests has created.
    pub fn give(&self, path: &Path) -> Result<()> {
        self.other
            .map_or(Ok(()), |user| make_owner(user, path))
            .with_context(|| format!("cannot give {} to the account that runs PostgreSQL", path.display()))
    }
}

#[cfg(unix)]
fn run_as(user: User, command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.uid(user.id).gid(user.group);
}

#[cfg(unix)]
fn make_owner(user: User, path: &Path) -> io::Result<()> {
    std::os::unix::fs::chown(path, Some(user.id), Some(user.group))
}

/// Where there is no root, there is never another user.
#[cfg(not(unix))]
fn run_as(_: User, _: &mut Command) {}

#[cfg(not(unix))]
fn make_owner(_: User, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The user of that name in the text of `/etc/passwd`: `name:password:id:group:...`.
fn user(accounts: &str, name: &str) -> Option<User> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        let mut numbers = fields.skip(1).map_while(|field| field.parse().ok());
        Some(User { id: numbers.next()?, group: numbers.next()? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNTS: &str = "\
root:x:0:0:root:/root:/bin/bash
nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin
postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash
";

    #[test]
    fn an_account_has_a_user_id_and_a_group() {
        assert_eq!(user(ACCOUNTS, "postgres"), Some(User { id: 101, group: 104 }));
        assert_eq!(user(ACCOUNTS, "nobody"), Some(User { id: 65534, group: 65533 }));
    }

    #[test]
    fn an_account_is_known_by_its_whole_name() {
        assert_eq!(user(ACCOUNTS, "post"), None);
        assert_eq!(user("postgres:x:none:104::/:/bin/sh\n", "postgres"), None);
    }
}
