"""What turns batches of sentences into hypotheses: one seam, several engines."""
