internal import CLinux
internal import Glibc

/// The arguments that the process was started with.
///
/// They are the kernel's own, as glibc passes them to `main` and to every constructor. Hazard:
/// `CommandLine.arguments` searches the stack below `environ`. It is empty once a variable was set
/// and `environ` moved, for example by the constructor of a preloaded library. A program that reads
/// an empty list as "no flags" would then do something it was not asked to do. /proc, the other
/// source, may not be mounted.
package enum ProcessArguments {
  /// The arguments after the program's name; nil if there is no name. For a program started without
  /// any argument, the kernel adds an empty name.
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
  /// Returns a variable and removes it, so that no child of this process uses it.
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
