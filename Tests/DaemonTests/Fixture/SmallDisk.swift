internal import Foundation
internal import Glibc
internal import TestSupport

/// A disk of its own, in memory, at a folder: nil where this process may not mount one.
final class SmallDisk {
  private let path: String
  private let fillerPath: String

  init?(at path: String, megabytes: Int) throws {
    self.path = path
    fillerPath = "\(path)/filler"
    guard unsafe mkdir(path, 0o700) == 0 else { throw FixtureError("no folder at \(path)") }
    let mount = try ChildProcess(
      "/usr/bin/mount",
      ["-t", "tmpfs", "-o", "mode=0700,size=\(megabytes)m", "postern-test", path])
    guard try mount.wait() == .exited(0) else { return nil }
  }

  deinit {
    // Lazily: what has a file open there keeps it for as long.
    _ = try? ChildProcess("/usr/bin/umount", ["--lazy", path]).wait()
  }

  /// Takes all of the room but so many bytes.
  func fill(leaving rest: Int) {
    let file = unsafe open(fillerPath, O_WRONLY | O_CREAT, 0o600)
    precondition(file >= 0, "no file on the small disk")
    defer { close(file) }
    var status = statvfs()
    // SAFETY: the call only fills what it is given.
    guard unsafe fstatvfs(file, &status) == 0 else { return }
    let free = Int(status.f_bavail) * Int(status.f_frsize)
    let code = posix_fallocate(file, 0, off_t(free - rest))
    precondition(code == 0, "the small disk has not what it says")
  }

  /// Gives that room back.
  func empty() { unsafe unlink(fillerPath) }
}

extension ChildProcess {
  /// Lets no file of the process grow past a size.
  func limitFiles(toBytes count: Int) throws {
    let program = try ChildProcess(
      "/usr/bin/prlimit", ["--pid", "\(processID)", "--fsize=\(count):"])
    guard try program.wait() == .exited(0) else { throw FixtureError("no limit could be set") }
  }
}
