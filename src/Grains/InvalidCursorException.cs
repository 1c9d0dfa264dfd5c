namespace Loopwave;

/// <summary>A list was asked for with a cursor that it did not give, or that belongs to another filter.</summary>
public sealed class InvalidCursorException() : Exception("This cursor does not belong to this list and its filter.");
