internal import Foundation

/// What a fleet's appends are compared with: `pgbench` inserts rows into a table without anything
/// else, with a commit for each statement. An insert has as many rows as a batch of the fleet has
/// entries, and each row as many bytes.
struct PlainInserts {
  private let postgres: PostgresPeer
  private let folder: WorkFolder

  init(_ postgres: PostgresPeer, folder: WorkFolder) throws(BenchFailure) {
    self.postgres = postgres
    self.folder = folder
    try postgres.execute(
      "create schema plain; create table plain.entry (id bigserial primary key, entry bytea)")
  }

  /// What a run has inserted.
  struct Outcome {
    var rowsPerSecond: Double
    /// How long each statement took, its commit included, in microseconds.
    var microseconds: [Double]
  }

  /// Inserts for some time, with one statement under way on each connection.
  func run(
    _ batch: BatchSize, connectionCount: Int, seconds: Double
  ) throws(BenchFailure) -> Outcome {
    let script = folder.file("insert.sql")
    let value = "('\\x\(String(repeating: "5a", count: batch.entryBytes))'::bytea)"
    let values = Array(repeating: value, count: batch.entryCount).joined(separator: ",")
    let prefix = folder.file("pgbench-times")
    do {
      for file in try files(beginning: prefix) { try FileManager.default.removeItem(atPath: file) }
      try "insert into plain.entry (entry) values \(values);\n".write(
        toFile: script, atomically: false, encoding: .utf8)
    } catch {
      throw BenchFailure("can't write `\(script)`: \(error)")
    }
    let run = try ChildProcess.start(
      "pgbench",
      [
        "-n", "-c", "\(connectionCount)", "-j", "1", "-T", "\(max(1, Int(seconds)))", "-f", script,
        "-l", "--log-prefix=\(prefix)", postgres.connection,
      ], name: "pgbench", logPath: folder.file("pgbench.log"), isPinned: false)
    try run.awaitSuccess()
    return try read(try files(beginning: prefix), batch: batch)
  }

  /// Reads the times that `pgbench` has logged: client, transaction, microseconds, script, and the
  /// second and microsecond of its end.
  private func read(
    _ files: [String], batch: BatchSize
  ) throws(BenchFailure) -> Outcome {
    var microseconds: [Double] = []
    var (first, last) = (Double.infinity, 0.0)
    for file in files {
      let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
      for line in text.split(separator: "\n") {
        let fields = line.split(separator: " ").compactMap { Double($0) }
        guard fields.count >= 6 else { continue }
        let end = fields[4] + fields[5] / 1e6
        microseconds.append(fields[2])
        first = min(first, end - fields[2] / 1e6)
        last = max(last, end)
      }
    }
    guard !microseconds.isEmpty, last > first else { throw BenchFailure("pgbench logged nothing") }
    let rows = Double(microseconds.count * batch.entryCount)
    return Outcome(rowsPerSecond: rows / (last - first), microseconds: microseconds)
  }

  private func files(beginning prefix: String) throws(BenchFailure) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.map { folder.file($0) }.filter { $0.hasPrefix("\(prefix).") }
  }
}

/// The mean of the batches of a load.
struct BatchSize {
  var entryCount: Int
  /// The bytes of an entry, with its length.
  var entryBytes: Int

  static let one = BatchSize(entryCount: 1, entryBytes: 200)
}
