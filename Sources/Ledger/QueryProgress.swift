/// Where a query goes on in another step, if the time of this one was over before it was done.
package final class QueryProgress {
  /// What the query makes of it: the item that comes next. Nil for nothing.
  package var next: Int?

  package init() {}
}
