namespace Penstock.KeyValue.Commands;

/// <summary>What a time is given in; the value is the unit in milliseconds.</summary>
internal enum TimeUnit
{
    Milliseconds = 1,
    Seconds = 1_000,
}
