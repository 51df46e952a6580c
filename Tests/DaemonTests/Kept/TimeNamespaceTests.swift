internal import TestSupport
internal import Testing

/// A process in another namespace of times, whose CLOCK_BOOTTIME is another: the end of an answer,
/// and of the page's lease, would be another there. So it keeps nothing.
///
/// The descriptor of the page comes over a local socket, so both processes have one kernel, and one
/// boot; only a namespace can shift the clock.
@Suite struct TimeNamespaceTests {
  private static let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")

  /// Runs a program in a namespace whose CLOCK_BOOTTIME is ahead by so many seconds.
  private static func run(_ program: [String], aheadBy seconds: Int) throws -> Ending {
    let words = ["--user", "--map-root-user", "--time", "--fork", "--boottime", "\(seconds)"]
    let child = try ChildProcess(
      "/usr/bin/env", ["unshare"] + words + program, environment: ["PATH": "/usr/bin:/bin"])
    return try child.wait()
  }

  private static var hasNamespaces: Bool {
    (try? run(["true"], aheadBy: 1)) == .exited(0)
  }

  @Test(.enabled(if: hasNamespaces, "this kernel gives no namespace of times"))
  func answersAreKeptByTheSameClockOnly() throws {
    let daemon = try Daemon()
    let folder = TemporaryFolder()
    let source = folder.write(
      "client.c",
      """
      #include "postern_epochs.h"
      int main(int count, char **arguments) {
        (void)count;
        postern_epochs epochs;
        if (postern_epochs_open(&epochs, arguments[1]) == 0)
          return postern_epochs_is_alive(&epochs) ? 10 : 11;
        if (postern_epochs_is_alive(&epochs)) return 12;
        return errno == ENOTSUP ? 13 : 14;
      }
      """)
    let compiler = try ChildProcess(
      "/usr/bin/env",
      [
        "gcc", "-O1", "-I/\(Self.root)/Sources/CEpochs/include", "-o", folder.path("client"),
        source,
      ], environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
    #expect(try compiler.wait() == .exited(0), "\(compiler.wholeOutput())")
    let client = [folder.path("client"), daemon.socketPath]
    #expect(try Self.run(client, aheadBy: 0) == .exited(10))
    #expect(try Self.run(client, aheadBy: 3600) == .exited(13))
    #expect(try Self.run(client, aheadBy: -1) == .exited(13))
    #expect(try daemon.stop() == .exited(0))
  }
}
