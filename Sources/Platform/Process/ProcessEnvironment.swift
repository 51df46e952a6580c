internal import Glibc

/// The variables that this process was started with.
package enum ProcessEnvironment {
  /// Gives a variable and removes it, so that no child of this process takes it for its own.
  ///
  /// Hazard: the C library's table of variables has no lock. Call this before the first thread.
  package static func take(_ name: String) -> String? {
    // SAFETY: the value is copied before it is removed, and no other thread runs.
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    unsafe unsetenv(name)
    return text
  }
}
