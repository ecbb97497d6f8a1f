namespace Penstock.Simulation.Tests.Fuzz;

/// <summary>One change to a well-formed input.</summary>
internal enum MutationKind
{
    /// <summary>One byte becomes another.</summary>
    Set,

    /// <summary>One bit turns.</summary>
    Flip,

    /// <summary>A run is left out.</summary>
    Cut,

    /// <summary>A run comes twice.</summary>
    Repeat,

    /// <summary>Four bytes become the number that is one above, at or below a limit.</summary>
    Boundary,

    /// <summary>Nothing follows.</summary>
    Truncate,
}
