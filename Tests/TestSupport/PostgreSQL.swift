internal import Foundation
internal import Glibc
internal import Platform

/// A PostgreSQL server of the tests' own: in a temporary folder, on a Unix socket in it and nowhere
/// else, durable as it is by default. It ends, and its folder goes, with this object or with the
/// tests, however they end.
///
/// PostgreSQL refuses to run as root; then it runs as the user `postgres` that its package makes.
package final class PostgreSQL {
  /// One for all tests that leave the server as it is; each makes a database of its own. The
  /// server ends with the tests.
  package static func shared() throws -> PostgreSQL {
    // SAFETY: tests read its folder only, which never changes; no test uses its process.
    try unsafe sharedServer.get()
  }

  private nonisolated(unsafe) static let sharedServer = Result { try PostgreSQL() }

  /// The folder of the socket.
  package let folder: String
  /// Where it listens, if it listens on a network.
  package let port: Int
  private let process: ChildProcess

  /// Starts a server with settings such as `max_connections=10`.
  package init(settings: [String] = [], port: Int = 5432) throws {
    let programs = try Self.programs()
    folder = "/tmp/postern-test-pg-\(getpid())-\(Self.random())"
    self.port = port
    let options = (Self.settings + settings + ["port=\(port)"]).map { "-c \($0)" }
    process = try ChildProcess(
      "/bin/sh",
      [
        "-c", Self.script, "keeper", folder, programs, Self.template,
        (options + ["-k", folder]).joined(separator: " "),
      ], environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C"])
    try process.waitForOutput("ready to accept connections")
    try process.collectOutput()
  }

  deinit {
    process.signal(SIGTERM)
    _ = try? process.wait()
  }

  /// The connection string of a database, as a role.
  package func string(database: String, role: String = "postgres") -> String {
    "host=\(folder) port=\(port) dbname=\(database) user=\(role)"
  }

  /// Makes an empty database and returns its name.
  package func makeDatabase() throws -> String {
    let name = "t\(Self.random())"
    try execute("create database \(name)")
    return name
  }

  /// Carries out statements as the superuser and returns the rows, a line each, with `|` between
  /// the columns.
  @discardableResult
  package func execute(_ statements: String, database: String = "postgres") throws -> String {
    let query = try ChildProcess(
      "/usr/bin/psql",
      [
        "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", string(database: database), "-c",
        statements,
      ])
    let ending = try query.wait()
    let output = query.wholeOutput()
    guard ending == .exited(0) else { throw FixtureError("`\(statements)`: \(output)") }
    return String(output.reversed().drop { $0 == "\n" }.reversed())
  }

  /// Ends all processes of the server at once, as a crash of the machine would, and starts it
  /// again. What it has acknowledged has to be there.
  package func crashAndRestart() throws {
    try order(SIGUSR1, "restarts")
    let end = Clock.monotonicNanoseconds() + 2_000_000 * Int64(ChildProcess.patienceMilliseconds)
    while (try? execute("select 1")) == nil {
      guard Clock.monotonicNanoseconds() < end else {
        throw FixtureError("the server does not answer again: \(process.wholeOutput())")
      }
      usleep(10_000)
    }
  }

  /// Stops the server's processes where they stand.
  package func freeze() throws { try order(SIGUSR2, "freezes") }

  /// Lets them go on.
  package func thaw() throws { try order(SIGHUP, "thaws") }

  /// Has the keeper do something, and waits until it says so.
  private func order(_ signal: Int32, _ word: String) throws {
    func count() -> Int { process.wholeOutput().components(separatedBy: "keeper: \(word)").count }
    let before = count()
    process.signal(signal)
    let end = Clock.monotonicNanoseconds() + 2_000_000 * Int64(ChildProcess.patienceMilliseconds)
    while count() == before {
      guard Clock.monotonicNanoseconds() < end else {
        throw FixtureError("the server never \(word): \(process.wholeOutput())")
      }
      usleep(5_000)
    }
  }

  /// What the server and its keeper have said.
  package var log: String { process.wholeOutput() }

  /// Few processes and little memory; commits reach the disk.
  private static let settings = [
    "listen_addresses=", "shared_buffers=16MB", "max_connections=50", "autovacuum=off",
    "max_wal_size=1GB", "wal_level=replica", "unix_socket_permissions=0777",
    "fsync=on", "synchronous_commit=on",
  ]

  private static func random() -> String { String(UInt32.random(in: 0...(.max)), radix: 16) }

  /// A database cluster that is copied for each server: to make one takes seconds.
  private static let template = "/tmp/postern-test-pg-template-\(getuid())"

  private static func programs() throws -> String {
    let root = "/usr/lib/postgresql"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    guard let version = versions.compactMap({ Int($0) }).max() else {
      throw FixtureError("PostgreSQL is not installed: `.ci/deps test`")
    }
    return "\(root)/\(version)/bin"
  }

  /// Keeps the server: it ends all of it when its signal comes or the tests are gone, which the
  /// end of descriptor 3 tells.
  private static let script = """
    folder=$1 programs=$2 template=$3 options=$4
    as=
    [ "$(id -u)" != 0 ] || as='setpriv --reuid=postgres --regid=postgres --clear-groups'
    (
      flock 9
      [ -O $template ] && [ $template/made -nt $programs/initdb ] || {
        rm -rf $template && mkdir -m 711 $template && mkdir -m 700 $template/data
        [ -z "$as" ] || chown postgres $template/data
        $as $programs/initdb -D $template/data -U postgres -A trust -E UTF8 --locale=C \
          >/dev/null && touch $template/made
      }
    ) 9>$template.lock 3<&-
    mkdir -m 755 $folder && cp -a $template/data $folder/data || exit 1
    [ -z "$as" ] || chown postgres $folder
    cd $folder
    start() { $as $programs/postgres -D $folder/data $options 3<&- & server=$!; }
    everyone() {
      for process in $(ps -o pid= --ppid $server) $server; do kill -$1 $process; done
    } 2>/dev/null
    finish() { everyone KILL; kill $tests; wait; rm -rf $folder; exit 0; } 2>/dev/null
    restart() {
      everyone KILL; wait $server; sleep 0.2; rm -f $folder/data/postmaster.pid
      start; echo "keeper: restarts"
    }
    start
    trap finish TERM
    trap restart USR1
    trap 'everyone STOP; echo "keeper: freezes"' USR2
    trap 'everyone CONT; echo "keeper: thaws"' HUP
    # Until descriptor 3 ends, by the end of the tests. A signal interrupts a wait, and no read.
    cat <&3 >/dev/null &
    tests=$!
    while kill -0 $tests 2>/dev/null; do wait $tests; done
    finish
    """
}
