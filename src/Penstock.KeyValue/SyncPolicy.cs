namespace Penstock.KeyValue;

/// <summary>When what was written to the log is forced to the disk.</summary>
public enum SyncPolicy
{
    /// <summary>Before it is acknowledged; writers that wait at the same moment share one sync.</summary>
    Always,

    /// <summary>Once a second, behind the replies: a power failure costs up to about a second of writes.</summary>
    EverySecond,

    /// <summary>When the operating system likes.</summary>
    Never,
}
