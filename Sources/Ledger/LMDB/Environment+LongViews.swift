// Views that are held for long, by processes that look at a whole ledger. Pages that are freed
// meanwhile can't be used again, so a daemon whose ledger has only its last pages left, which are
// for revokes, gives a sign on the file. A reader that sees it lets go of its view.

internal import CLMDB
internal import Platform

extension Environment {
  /// Gives the sign that no view may be held for long, or takes it back. Where the file system has
  /// no locks there is none, and the log names the reader that is in the way.
  package func barLongViews(_ isBarred: Bool) { try? FileSign.set(isBarred, on: fileDescriptor) }

  /// Whether a daemon gives that sign.
  var barsLongViews: Bool { (try? FileSign.isGiven(on: fileDescriptor)) ?? false }
}

/// Looks while a view is held, row by row, whether its pages are needed.
package struct LongView {
  private let environment: Environment
  private var rows = 0

  /// After how many rows it looks; they take less than a millisecond.
  private static let rowsBetween = 64

  package init(_ environment: Environment) { self.environment = environment }

  /// Call it for each row.
  ///
  /// - Throws: `StoreError.viewNeeded`; the view has to end then.
  package mutating func passRow() throws(StoreError) {
    if rows.isMultiple(of: Self.rowsBetween), environment.barsLongViews { throw .viewNeeded }
    rows += 1
  }
}
