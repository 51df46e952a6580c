internal import Ledger
internal import Messages

/// Counts the records and bytes of one message of an export.
struct ExportPage {
  private(set) var recordCount = 0
  private var partCount = 0
  private var byteCount = 0
  private var step: StepBudget

  private static let mostRecords = 500
  private static let mostParts = 2500
  private static let mostBytes = 64 << 10

  init(_ step: StepBudget = .unlimited) { self.step = step }

  var hasRoom: Bool {
    recordCount < Self.mostRecords && partCount < Self.mostParts && byteCount < Self.mostBytes
      && !step.isSpent
  }

  /// Whether there is room for an organization and its administrator.
  var hasRoomForTwo: Bool {
    recordCount <= Self.mostRecords - 2 && byteCount < Self.mostBytes - 1024
  }

  /// Counts a record; its overhead is guessed.
  mutating func add(bytes: Int) {
    recordCount += 1
    byteCount += bytes + 16
    step.spend(rows: 2)
  }

  /// Counts a member or a writer.
  mutating func addPart(bytes: Int) {
    partCount += 1
    byteCount += bytes + 4
    step.spend()
  }

  /// Counts a row that was passed over.
  mutating func scan() { step.spend() }
}

/// Counts the members or writers of one record, and knows where the next record continues.
struct ExportRun {
  private var count = 0
  private var last: [UInt8] = []
  /// The last that was admitted, once there was one too many.
  private(set) var rest: [UInt8]?

  private static let most = 500

  mutating func admits(_ id: Span<UInt8>) -> Bool {
    guard count < Self.most else {
      rest = last
      return false
    }
    count += 1
    if count == Self.most { last = Array(copying: id) }
    return true
  }
}
