//! The `tracon` command; everything is in the library.

fn main() -> std::process::ExitCode {
    tracon::cli::main()
}
