namespace Penstock.KeyValue.Protocol;

/// <summary>What one command may have.</summary>
internal readonly record struct RespLimits(int MaxArguments, int MaxBulkBytes)
{
    /// <summary>For a client that has not given the password yet: enough to do so.</summary>
    public static readonly RespLimits Unauthenticated = new(10, 16 * 1024);
}
