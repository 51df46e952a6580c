internal import Foundation
internal import Glibc

/// A PostgreSQL server of the run's own, as durable as it is by default, on a Unix socket in the
/// run's folder. It refuses to run as root; then it runs as the user `postgres` of its package.
struct PostgresPeer {
  /// The folder of the socket and the data.
  let folder: String
  let process: ChildProcess
  private let programs: String
  private let scratch: WorkFolder

  private static let settings = [
    "listen_addresses=", "max_connections=60", "shared_buffers=128MB", "max_wal_size=4GB",
    "fsync=on", "synchronous_commit=on", "unix_socket_permissions=0777",
  ]

  init(folder scratch: WorkFolder) throws(BenchFailure) {
    self.scratch = scratch
    let root = "/usr/lib/postgresql"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    guard let version = versions.compactMap({ Int($0) }).max() else {
      throw BenchFailure("PostgreSQL is not installed: `.ci/deps fleet`")
    }
    programs = "\(root)/\(version)/bin"
    folder = scratch.file("postgres")
    try Self.makeFolder(folder, in: scratch)
    let initialize = try Self.start(
      "\(programs)/initdb",
      ["-D", "\(folder)/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"],
      name: "initdb", in: scratch)
    try initialize.awaitSuccess()
    process = try Self.start(
      "\(programs)/postgres",
      ["-D", "\(folder)/data", "-k", folder] + Self.settings.flatMap { ["-c", $0] },
      name: "postgres", in: scratch)
    try process.awaitSocket("\(folder)/.s.PGSQL.5432")
    let deadline = Date(timeIntervalSinceNow: 20)
    while (try? execute("select 1")) == nil {
      guard Date() < deadline else { throw BenchFailure("PostgreSQL doesn't answer") }
      usleep(50_000)
    }
  }

  /// What a daemon or `pgbench` connects to.
  var connection: String { "host=\(folder) dbname=postgres user=postgres" }

  /// Carries statements out, and returns the rows: a line each, with `|` between the columns.
  @discardableResult
  func execute(_ statements: String) throws(BenchFailure) -> String {
    let query = try ChildProcess.start(
      "psql",
      ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", connection, "-c", statements],
      name: "psql", logPath: scratch.file("psql.log"), isPinned: false)
    try query.awaitSuccess()
    let text = (try? String(contentsOfFile: scratch.file("psql.log"), encoding: .utf8)) ?? ""
    return text.trimmingCharacters(in: .newlines)
  }

  /// A folder that PostgreSQL owns, below one that it may pass through.
  private static func makeFolder(_ path: String, in scratch: WorkFolder) throws(BenchFailure) {
    // SAFETY: the calls read terminated texts.
    let isMade = unsafe chmod(scratch.path, 0o711) == 0 && mkdir(path, 0o755) == 0
    guard isMade else { throw BenchFailure("can't make `\(path)`") }
    guard isRoot else { return }
    let owner = try ChildProcess.start(
      "chown", ["postgres", path], name: "chown", logPath: scratch.file("chown.log"))
    try owner.awaitSuccess()
  }

  private static var isRoot: Bool { geteuid() == 0 }

  private static func start(
    _ program: String, _ arguments: [String], name: String, in scratch: WorkFolder
  ) throws(BenchFailure) -> ChildProcess {
    let account = ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
    return try ChildProcess.start(
      isRoot ? "setpriv" : program, isRoot ? account + [program] + arguments : arguments,
      name: name, logPath: scratch.file("\(name).log"), isPinned: false)
  }
}
