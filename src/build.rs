//! Makes cargo notice new template files, which `include_dir!` alone does not.

fn main() {
    println!("cargo::rerun-if-changed=templates");
}
