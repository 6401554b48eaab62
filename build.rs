//! Lists the sample office's files, for `cordboard init`: everything in `etc/` and `dialplan/`. And the prompts, with their lengths, for
//! rehearsals where no sounds are.

#[path = "src/prompts/flac.rs"]
#[allow(unreachable_pub, reason = "the library has it too")]
mod flac;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The languages that Cordboard comes with.
const LANGUAGES: [&str; 2] = ["de", "en"];

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?);
    let mut files = Vec::new();
    for folder in ["etc", "dialplan"] {
        println!("cargo:rerun-if-changed={folder}");
        collect(&root, &root.join(folder), &mut files)?;
    }
    files.sort();
    let mut list = "&[\n".to_owned();
    for name in &files {
        let path = root.join(name);
        let _infallible = writeln!(list, "    ({name:?}, include_str!({path:?})),");
    }
    list.push_str("]\n");
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    fs::write(out.join("sample_office.rs"), list)?;
    fs::write(out.join("prompts.rs"), prompts(&root.join("sounds"))?)
}

/// Every prompt of every language: `(language, name, ms)`, in order.
fn prompts(sounds: &Path) -> io::Result<String> {
    println!("cargo:rerun-if-changed={}", sounds.display());
    let mut all = Vec::new();
    for lang in LANGUAGES {
        let folder = sounds.join(lang);
        println!("cargo:rerun-if-changed={}", folder.display());
        let mut files = Vec::new();
        collect(&folder, &folder, &mut files)?;
        for file in files {
            let Some(name) = file.strip_suffix(".flac") else { continue };
            let ms = flac::length_ms(&folder.join(&file))
                .ok_or_else(|| io::Error::other(format!("{lang}/{file} does not say its length")))?;
            all.push((lang, name.to_owned(), ms));
        }
    }
    all.sort();
    Ok(format!("&{all:?}"))
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().and_then(|name| name.to_str()).is_none_or(|name| name.starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            println!("cargo:rerun-if-changed={}", path.display());
            collect(root, &path, files)?;
        } else if let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) {
            files.push(name.to_owned());
        }
    }
    Ok(())
}
