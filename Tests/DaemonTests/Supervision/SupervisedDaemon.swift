internal import Glibc
internal import Platform
internal import TestSupport

/// Starts `posternd` as a service manager does: with variables that name its process number, and
/// descriptors from number 3 on.
///
/// A shell puts both in place and then becomes the daemon: only the process itself knows its number
/// before the start.
enum SupervisedDaemon {
  /// Starts a daemon that has `--socket` and `--data` in `folder`.
  ///
  /// `descriptors` become 3 and following in it; the caller keeps its own. `names` is
  /// LISTEN_FDNAMES, and `listenPID` is LISTEN_PID in the shell's language: `$$` is the daemon.
  static func start(
    in folder: TemporaryFolder, passing descriptors: [Int32] = [], names: String? = nil,
    listenPID: String = "$$", environment: [String: String] = [:],
    arguments: [String] = []
  ) throws -> ChildProcess {
    // High numbers, so that none is overwritten by one that is put in place before it.
    let passed = try descriptors.map { descriptor in
      FileDescriptorBox(try SystemCall.value { fcntl(descriptor, F_DUPFD, 200) })
    }
    var variables = environment
    variables["HOME"] = folder.path
    var script = "exec 9>&3"
    for (index, box) in passed.enumerated() {
      script += " \(3 + index)<&\(box.number) \(box.number)<&-"
    }
    if passed.isEmpty { script += " 3<&-" }
    script += "\n"
    if !passed.isEmpty {
      variables["LISTEN_FDS"] = "\(passed.count)"
      variables["LISTEN_FDNAMES"] = names
      script += "export LISTEN_PID=\(listenPID)\n"
    }
    script += "export WATCHDOG_PID=$$\nexec \"$0\" \"$@\"\n"
    // The copies have to live until the shell has its own.
    defer { withExtendedLifetime(passed) {} }
    return try ChildProcess(
      "/bin/bash",
      [
        "-c", script, Daemon.program("posternd"), "--socket", "\(folder.path)/socket", "--data",
        "\(folder.path)/data", "--workers", "2",
      ] + arguments, environment: variables)
  }
}

/// A descriptor in an array, which holds nothing that can't be copied.
private final class FileDescriptorBox {
  private let descriptor: FileDescriptor
  var number: Int32 { descriptor.rawValue }

  init(_ number: Int32) { descriptor = FileDescriptor(owning: number) }
}
