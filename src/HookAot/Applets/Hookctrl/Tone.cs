namespace HookAot.Applets.Hookctrl;

/// <summary>How a text is meant; on a terminal it has a colour.</summary>
internal enum Tone
{
    /// <summary>Like any other.</summary>
    Plain,

    /// <summary>It stands out.</summary>
    Head,

    /// <summary>Something is as it should be.</summary>
    Good,

    /// <summary>Something is not.</summary>
    Bad,

    /// <summary>It matters little now.</summary>
    Faint,
}

/// <summary>Gives a text the colour of its tone.</summary>
internal delegate string Paint(string text, Tone tone);
