//! Makes cargo notice new template files, which `include_dir!` alone does not, and tells the program
//! how it is built.

fn main() {
    println!("cargo::rerun-if-changed=templates");
    let variable = |name| std::env::var(name).unwrap_or_default();
    println!("cargo::rustc-env=BUILD={} for {}", variable("PROFILE"), variable("TARGET"));
}
