namespace Penstock.Kestrel.Tests;

/// <summary>What carries Kestrel's bytes in a test.</summary>
public enum TransportKind
{
    /// <summary>The transport that ASP.NET Core comes with: what it does, the others are to do.</summary>
    Stock,
    ThreadPool,
    Inline,
}
