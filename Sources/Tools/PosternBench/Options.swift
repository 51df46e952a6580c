/// The options of the command line.
struct Options: Sendable {
  enum Output: String { case text, json }

  var tokenCount = 200_000
  /// How long each load runs in each round.
  var seconds = 0.3
  var roundCount = 9
  /// A part of the names of the loads to run; nil runs all.
  var only: String?
  var output = Output.text
  var isHelp = false
  /// Whether to measure a fleet.
  var isFleet = false
  /// Whether to measure what the documentation shows.
  var isForFigures = false
  /// Where pictures are written; nil writes none.
  var pictureFolder: String?

  static let help = """
    PosternBench: Postern beside its peers, in one run on this machine

    usage: PosternBench [fleet] [FLAG VALUE ...]
           PosternBench kept [ENTRIES]    what a use of a kept answer costs
           PosternBench figures [FLAG VALUE ...]    what the documentation shows

      --tokens N       how many tokens to issue and then ask about, 1000 to 10000000; 200000
      --seconds S      how long each load runs in each round, 0.05 to 60; 0.3
      --rounds N       how often the loads take turns, 1 to 99; 9. Figures are medians
      --only NAME      only loads whose name holds NAME: `ttrpc`, `grpc-check`, `50x16`, ...
      --output FORMAT  text or json; text
      --pictures DIR   where `figures` writes its pictures, as SVG; it writes none without it
      --help           this text

    Starts a `posternd` of its own, from beside this program, with one worker, and redis-server
    where that is installed. Servers run on the first processor, the client on the second. Compare
    ratios of one run: figures depend on the machine. Exits 1 if anything is answered wrongly.

    With `fleet` it measures three daemons on a PostgreSQL server of its own, beside pgbench, in
    a folder below TMPDIR that must be on a disk; there the defaults are 1000000, 2 and 5.

    With `figures` it measures in parts, of which `--only` names one: latency, throughput, growth
    (up to `--tokens`), kept, writes, durable, workers, idle. There the defaults are 1000000, 0.3
    and 5. It also asks valkey-server where that is installed.

    """

  init(_ arguments: [String]) throws(BenchFailure) {
    var rest = arguments[...]
    if rest.first == "fleet" {
      rest.removeFirst()
      isFleet = true
      (tokenCount, seconds, roundCount) = (1_000_000, 2, 5)
    }
    if rest.first == FiguresBench.role {
      rest.removeFirst()
      isForFigures = true
      (tokenCount, seconds, roundCount) = (1_000_000, 0.3, 5)
    }
    while let argument = rest.popFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      let flag = parts.first ?? ""
      if flag == "--help" || flag == "-h" {
        isHelp = true
        return
      }
      guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
        throw BenchFailure("`\(flag)` is not a flag, or lacks its value; see `--help`")
      }
      guard try set(flag, value) else {
        throw BenchFailure("`\(value)` is not a valid value for `\(flag)`; see `--help`")
      }
    }
  }

  private mutating func set(_ flag: String, _ value: String) throws(BenchFailure) -> Bool {
    switch flag {
    case "--tokens": return Self.read(value, 1000...10_000_000, into: &tokenCount)
    case "--rounds": return Self.read(value, 1...99, into: &roundCount)
    case "--seconds":
      guard let number = Double(value), (0.05...60).contains(number) else { return false }
      seconds = number
    case "--pictures":
      pictureFolder = value
      return !value.isEmpty
    case "--only":
      only = value
      return !value.isEmpty
    case "--output":
      guard let format = Output(rawValue: value) else { return false }
      output = format
    default: throw BenchFailure("`\(flag)` is not a flag; see `--help`")
    }
    return true
  }

  private static func read(
    _ value: String, _ range: ClosedRange<Int>, into target: inout Int
  ) -> Bool {
    guard let number = Int(value), range.contains(number) else { return false }
    target = number
    return true
  }

  /// The watchdog's limit in seconds: far more than a run takes, to end a run that hangs.
  var limitSeconds: Int {
    if isForFigures { return 900 + tokenCount / 2000 + Int(seconds * Double(roundCount)) * 120 }
    if isFleet { return 300 + tokenCount / 2000 + Int(seconds * Double(roundCount)) * 12 }
    return 120 + tokenCount / 2000 + Int((seconds + 0.1) * Double(roundCount)) * 30
  }
}
