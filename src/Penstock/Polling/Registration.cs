namespace Penstock.Polling;

/// <summary>What <see cref="RegistrationTable"/> knows about one descriptor.</summary>
internal struct Registration
{
    /// <summary>For <see cref="ActivePosition"/>: paused, or reported once and not armed again.</summary>
    internal const int Inactive = -1;

    internal ulong Key;
    internal int ActivePosition;
    internal Interest Interest;
    internal Trigger Trigger;
    internal RegistrationState State;

    internal readonly bool IsReportedOnce => Trigger is Trigger.OneShot or Trigger.Dispatch;
}
