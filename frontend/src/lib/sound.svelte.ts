/** A click for each move, made by the browser itself. Off until a person wants it. */
const KEY = "sound";

class Sound {
  on = $state(localStorage.getItem(KEY) === "on");
  #audio: AudioContext | null = null; // made when first heard: browsers want a gesture before

  toggle(): void {
    this.on = !this.on;
    localStorage.setItem(KEY, this.on ? "on" : "off");
    this.click();
  }

  /** A short wooden knock; a lower one for player 1. */
  click(player = 0): void {
    if (!this.on) return;
    const audio = (this.#audio ??= new AudioContext());
    const now = audio.currentTime;
    const tone = new OscillatorNode(audio, {
      type: "triangle",
      frequency: player === 0 ? 520 : 390,
    });
    const volume = new GainNode(audio, { gain: 0 });
    tone.frequency.exponentialRampToValueAtTime(160, now + 0.07);
    volume.gain.setValueAtTime(0.25, now);
    volume.gain.exponentialRampToValueAtTime(0.001, now + 0.09);
    tone.connect(volume).connect(audio.destination);
    tone.start(now);
    tone.stop(now + 0.1);
  }
}

export const sound = new Sound();
