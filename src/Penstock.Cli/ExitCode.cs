namespace Penstock.Cli;

/// <summary>What the command tells its caller.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>It could not do what it was asked: a port in use, no permission, a loop that broke.</summary>
    public const int Failure = 1;

    /// <summary>It was asked in a way that it does not understand.</summary>
    public const int Usage = 2;
}
