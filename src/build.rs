//! Makes cargo notice new template files, which `include_dir!` alone does not, tells the program how
//! it is built, and packs what it carries but seldom needs: older versions of the pack, and licenses.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::ZlibEncoder;

const PACK: &str = "templates/fastapi";

/// Half a hundred bytes for each of three thousand files: the program has them as numbers.
const PINS: &str = "locks/pins.txt";
const HASH: &[u8] = b"    --hash=sha256:";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=src/licenses.txt");
    let variable = |name| std::env::var(name).unwrap_or_default();
    println!("cargo::rustc-env=BUILD={} for {}", variable("PROFILE"), variable("TARGET"));

    let out = PathBuf::from(variable("OUT_DIR"));
    fs::write(out.join("licenses.z"), packed(&fs::read("src/licenses.txt")?)?)?;
    let newest = out.join("newest");
    if newest.exists() {
        fs::remove_dir_all(&newest)?;
    }
    for file in files(Path::new(PACK))? {
        let inner = file.strip_prefix(PACK).map_err(io::Error::other)?;
        if inner == Path::new(PINS) {
            fs::write(out.join("pins"), shortened(&fs::read(&file)?))?;
        } else if !inner.starts_with("history") {
            let copy = newest.join(inner);
            fs::create_dir_all(copy.parent().unwrap_or(&newest))?;
            fs::copy(&file, copy)?;
        }
    }
    fs::write(out.join("history.rs"), history(&out)?)
}

/// Packs each older version, and returns the list of them as Rust has it.
fn history(out: &Path) -> io::Result<String> {
    let mut list = Vec::new();
    let mut versions: Vec<PathBuf> = fs::read_dir(Path::new(PACK).join("history"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    versions.sort();
    for folder in versions {
        let mut bytes = Vec::new();
        for file in files(&folder)? {
            let content = fs::read(&file)?;
            let inner = file.strip_prefix(&folder).map_err(io::Error::other)?;
            write!(bytes, "{}\n{}\n", inner.display(), content.len())?;
            bytes.extend(content);
        }
        let version = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let file = out.join(format!("history-{version}.z"));
        fs::write(&file, packed(&bytes)?)?;
        let file = file.display().to_string();
        list.push(format!("({version:?}, include_bytes!({file:?}).as_slice())"));
    }
    Ok(format!("[{}]", list.join(", ")))
}

/// Returns lists of hashes with each as the byte 1 and its 32 bytes, which `pack::catalog` spells out.
fn shortened(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let digit =
        |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let hash = line.strip_prefix(HASH).and_then(|rest| rest.split_at_checked(64));
        let number = hash.and_then(|(digits, _)| {
            let pairs = digits.chunks(2);
            pairs.map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.get(1)?)?)).collect()
        });
        match (hash, number) {
            (Some((_, rest)), Some(number)) => {
                let number: Vec<u8> = number;
                bytes.push(1);
                bytes.extend(number);
                bytes.extend(rest);
            }
            _ => bytes.extend(line),
        }
    }
    bytes
}

fn packed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Returns all files below a folder, in order.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
