namespace Penstock.Polling;

/// <summary>What banners, options and messages call a <see cref="Trigger"/>.</summary>
internal static class TriggerNames
{
    public static string Of(Trigger trigger) => trigger switch
    {
        Trigger.Level => "level",
        Trigger.Edge => "edge",
        Trigger.OneShot => "oneshot",
        _ => "dispatch",
    };
}
