//! The one binary.

/// docs/decisions/0008-mimalloc.md says why.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cordboard::cli::main()
}
