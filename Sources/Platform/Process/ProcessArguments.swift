internal import CLinux
internal import Glibc

/// The arguments that the process was started with.
///
/// They are those that glibc passes to every constructor, as to `main`: the kernel's own. Hazard:
/// `CommandLine.arguments` searches the stack for them below `environ`, and is empty once anybody
/// has set a variable and so moved `environ`, as the constructor of a preloaded library may. A
/// program that takes nothing for "no flags" then does what it was not asked for. /proc, the other
/// source, may not be mounted.
package enum ProcessArguments {
  /// The arguments behind the program's name; nil where there isn't even a name. Without arguments
  /// the kernel makes up one, which is empty.
  package static var behindName: [String]? {
    guard let name = argument(0), !name.isEmpty else { return nil }
    var arguments: [String] = []
    while let next = argument(arguments.count + 1) { arguments.append(next) }
    return arguments
  }

  private static func argument(_ index: Int) -> String? {
    guard let index = Int32(exactly: index) else { return nil }
    // SAFETY: terminated strings at the bottom of the stack, which live as long as the process.
    guard let text = unsafe clinux_argument(index) else { return nil }
    return unsafe String(cString: text)
  }
}

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
