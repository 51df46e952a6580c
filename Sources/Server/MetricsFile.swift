internal import EventLoop
internal import Ledger
internal import Platform
internal import Services

/// Writes the metrics into a file again and again, for the textfile collector of node_exporter,
/// on the main thread's loop.
///
/// A reader sees a whole file, the old one or the new: it is written beside its place and then
/// renamed. It is not synced, since metrics from before a crash of the machine are worth nothing.
/// No failure here ends the daemon: it logs a warning, once for each reason. The file stays when
/// the daemon ends; a reader tells by its age that it is stale.
///
/// Hazard: a file system that hangs also stops accepting and the signals. Keep the file on a local
/// one, or on tmpfs.
package final class MetricsFile {
  private let path: String
  private let services: PosternServices
  private let log: Log
  private var snapshot: Snapshot
  /// Why the last write failed; nil when it didn't.
  private var failure: String?
  private var timer: LoopTimer?

  /// Starts to write, first in the next turn of `loop`.
  init(
    _ context: DaemonContext, path: String, everyNanoseconds: Int64, on loop: EventLoop
  ) throws(StoreError) {
    self.path = path
    services = context.services
    log = context.log
    snapshot = try context.ledger.makeSnapshot()
    timer = LoopTimer(on: loop) { [unowned self] in
      write()
      return everyNanoseconds
    }
    timer?.schedule(afterNanoseconds: 0)
  }

  /// Writes no more.
  func stop() { timer?.cancel() }

  private func write() {
    do {
      try snapshot.refresh(at: services.status.clock.read())
      let text = services.metricsText(snapshot)
      snapshot.release()
      let written = Array(Self.prometheusText(text).utf8)
      // The collector is another user, so the umask of the process must not apply.
      try WholeFile.replace(path: path, with: written.span, mode: 0o644)
      if failure != nil {
        failure = nil
        log.info("the metrics file is written again", [("path", path)])
      }
    } catch {
      let reason = "\(error)"
      guard failure != reason else { return }
      failure = reason
      log.warning("the metrics file was not written", [("path", path), ("reason", reason)])
    }
  }
}

extension MetricsFile {
  /// OpenMetrics text in the older format of Prometheus, which is all that the textfile collector
  /// reads.
  ///
  /// The two formats name families differently. In the older one a counter's family ends with
  /// `_total` and an info's with `_info`, as the samples do; otherwise a reader takes the samples
  /// for another family, without a type. The type `info` is unknown, and the collector refuses a
  /// file with an unknown type. `# UNIT` and `# EOF` are plain comments there, and left out.
  package static func prometheusText(_ text: String) -> String {
    var written = ""
    var suffix = ""
    for line in text.split(separator: "\n") {
      guard line.hasPrefix("#") else {
        written += line + "\n"
        continue
      }
      let words = line.split(separator: " ", maxSplits: 3)
      guard words.count == 4 else { continue }
      switch words[1] {
      case "TYPE":
        suffix = words[3] == "counter" ? "_total" : words[3] == "info" ? "_info" : ""
        let type = words[3] == "info" ? "gauge" : words[3]
        written += "# TYPE \(words[2])\(suffix) \(type)\n"
      case "HELP": written += "# HELP \(words[2])\(suffix) \(words[3])\n"
      default: continue
      }
    }
    return written
  }
}
