//! The one binary.

fn main() -> std::process::ExitCode {
    cordboard::cli::main()
}
